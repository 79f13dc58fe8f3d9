"""The site as an ASGI application, for a host that offers nothing else.

WSGI is the measured choice: the views are synchronous, and ASGI runs each in a thread.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
