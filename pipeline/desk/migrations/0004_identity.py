"""Who a person is at the OpenID provider."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0003_doubted"),
    ]

    operations = [
        migrations.CreateModel(
            name="Identity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("issuer", models.CharField(max_length=255, verbose_name="provider")),
                (
                    "subject",
                    models.CharField(max_length=255, verbose_name="number at the provider"),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="identity",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "account at the provider",
                "verbose_name_plural": "accounts at the provider",
                "constraints": [
                    models.UniqueConstraint(fields=("issuer", "subject"), name="identity_subject")
                ],
            },
        ),
    ]
