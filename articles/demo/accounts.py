"""The demo's staff: one account for each role."""

from django.contrib.auth.models import Group, User

from articles import roles

PASSWORD = "demo-newsroom"  # noqa: S105 - the demo's own, printed at its start
ACCOUNTS = {
    "writer": ("Amina", roles.WRITER),
    "editor": ("Jonas", roles.EDITOR),
    "deskhead": ("Mireille", roles.DESK_HEAD),
    "admin": ("Tariq", None),
}


def load_accounts() -> dict[str, User]:
    users = {}
    for username, (first_name, group) in ACCOUNTS.items():
        user = User(username=username, first_name=first_name, is_staff=True)
        user.is_superuser = group is None
        user.set_password(PASSWORD)
        user.save()
        if group:
            user.groups.add(Group.objects.get(name=group))
        users[username] = user
    return users
