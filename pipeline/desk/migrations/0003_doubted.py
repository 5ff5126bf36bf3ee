"""A mark on blind checks that were asked for, not drawn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0002_work"),
    ]

    operations = [
        migrations.AddField(
            model_name="doublecheck",
            name="is_doubted",
            field=models.BooleanField(default=False),
        ),
    ]
