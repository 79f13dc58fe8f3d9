from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand, CommandError

from config.staff.encryption import rotate


class Command(BaseCommand):
    help = "Encrypts the secrets of all second steps with the first key of SECOND_STEP_KEYS."

    def handle(self, *args, **options):
        try:
            count = rotate()
        except InvalidToken:
            sentence = "SECOND_STEP_KEYS lacks the key of a second step. Nothing was changed."
            raise CommandError(sentence) from None
        self.stdout.write(f"{count} second steps and sets of recovery codes are encrypted with it.")
