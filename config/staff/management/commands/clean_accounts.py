import datetime as dt

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.utils import timezone

from config.staff.models import AuditEvent


class Command(BaseCommand):
    help = "Deletes sessions that have ended, and audit events older than AUDIT_LOG_DAYS; daily."

    def handle(self, *args, **options):
        call_command("clearsessions")
        UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
        before = timezone.now() - dt.timedelta(days=settings.AUDIT_LOG_DAYS)
        count = AuditEvent.objects.purge(before)
        self.stdout.write(f"{count} audit events were older than {settings.AUDIT_LOG_DAYS} days.")
