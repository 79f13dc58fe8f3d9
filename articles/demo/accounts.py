"""The demo's staff: one account for each role."""

from django.contrib.auth.models import Group, User

from articles import roles

PASSWORD = "demo-newsroom"  # noqa: S105 - the demo's own, printed at its start
ACCOUNTS = {
    "writer": ("Amina", roles.WRITER),
    "editor": ("Jonas", roles.EDITOR),
    "deskhead": ("Mireille", roles.DESK_HEAD),
    "admin": ("Tariq", roles.ADMINISTRATOR),
}


def load_accounts() -> dict[str, User]:
    users = {}
    for username, (first_name, role) in ACCOUNTS.items():
        user = User(
            username=username,
            first_name=first_name,
            is_staff=True,
            email=f"{username}@communique.example",
        )
        user.set_password(PASSWORD)
        user.save()
        user.groups.add(Group.objects.get(name=role))
        users[username] = user
    return users
