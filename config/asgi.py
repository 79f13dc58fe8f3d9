"""The site as an ASGI application, for hosts that offer no WSGI.

WSGI is faster: the views are synchronous, and ASGI runs each in a thread.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
