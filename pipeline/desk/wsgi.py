"""The door for a web server: `pipeline.desk.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipeline.desk.settings")
application = get_wsgi_application()
