"""Writes the audit log: receivers of the signals of Django, allauth, the facts and the articles.

Each runs within the transaction of the act that it records. Django's own log of the admin has the
changes of facts and of drafts.
"""

import ipaddress
from contextlib import suppress
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from django.contrib.auth.models import Group, User
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_delete, post_save, pre_delete, pre_save
from django.dispatch import receiver
from django.utils.translation import gettext as _

from config.staff.models import AuditEvent, RequiredFactor
from engagements.publishing import visibility_changed

Kind = AuditEvent.Kind

# Columns of an account whose change is recorded, beside the password.
WATCHED = {"username", "email", "is_active", "is_staff", "is_superuser"}


def record(kind: str, *, about: Any = "", details: str = "", by: Any = None) -> None:
    """Append an event. `by`: who did it (`None`: the person whose request is answered)."""
    request = context.request
    if by is None and request is not None and hasattr(request, "user"):
        by = request.user
    is_person = by is not None and by.is_authenticated
    AuditEvent.objects.create(
        kind=kind,
        by_key=by.pk if is_person else None,
        by_name=by.get_username() if is_person else "",
        address=_address(request),
        about=str(about)[:200],
        details=details[:500],
    )


def _address(request: Any) -> str | None:
    # Behind a Unix socket there is none.
    with suppress(ValueError):
        return str(ipaddress.ip_address(request.META["REMOTE_ADDR"])) if request else None
    return None


# Sign-in


@receiver(user_logged_in)
def _signed_in(user: Any, **kwargs: Any) -> None:
    record(Kind.SIGNED_IN, by=user)


@receiver(user_logged_out)
def _signed_out(user: Any, **kwargs: Any) -> None:
    if user is not None:
        record(Kind.SIGNED_OUT, by=user)


@receiver(user_login_failed)
def _sign_in_failed(credentials: dict[str, Any], **kwargs: Any) -> None:
    # Another name is not recorded: some type their password there.
    name = credentials.get("username") or ""
    known = User.objects.filter(username__iexact=name).first()
    record(Kind.SIGN_IN_FAILED, about=known or _("an unknown name"))


@receiver(authentication_failed)
def _factor_failed(user: Any, **kwargs: Any) -> None:
    record(Kind.FACTOR_FAILED, about=user)


@receiver(post_save, sender=Authenticator)
def _factor_added(instance: Authenticator, created: bool, **kwargs: Any) -> None:
    if created and not kwargs["raw"]:
        record(Kind.FACTOR_ADDED, about=instance.user, details=instance.get_type_display())


@receiver(post_delete, sender=Authenticator)
def _factor_removed(instance: Authenticator, **kwargs: Any) -> None:
    record(Kind.FACTOR_REMOVED, about=instance.user, details=instance.get_type_display())


@receiver(post_save, sender=RequiredFactor)
def _factor_required(instance: RequiredFactor, **kwargs: Any) -> None:
    if not kwargs["raw"]:
        record(Kind.FACTOR_REQUIRED, about=instance.user, by=instance.required_by)


@receiver(post_delete, sender=RequiredFactor)
def _factor_released(instance: RequiredFactor, **kwargs: Any) -> None:
    record(Kind.FACTOR_RELEASED, about=instance.user)


# Accounts


@receiver(pre_save, sender=User)
def _account_changes(instance: User, update_fields: Any, **kwargs: Any) -> None:
    columns = WATCHED & {*update_fields} if update_fields is not None else WATCHED
    old = User.objects.filter(pk=instance.pk).first() if columns and not kwargs["raw"] else None
    if old is None:
        return
    changes = [
        f"{name}: {getattr(old, name)} → {getattr(instance, name)}"
        for name in sorted(columns)
        if getattr(old, name) != getattr(instance, name)
    ]
    if changes:
        record(Kind.ACCOUNT_CHANGED, about=old, details=", ".join(changes))


@receiver(post_save, sender=User)
def _account_added(instance: User, created: bool, **kwargs: Any) -> None:
    if created and not kwargs["raw"]:
        record(Kind.ACCOUNT_ADDED, about=instance)


@receiver(post_delete, sender=User)
def _account_deleted(instance: User, **kwargs: Any) -> None:
    record(Kind.ACCOUNT_DELETED, about=instance)


@receiver(m2m_changed, sender=User.groups.through)
@receiver(m2m_changed, sender=User.user_permissions.through)
@receiver(m2m_changed, sender=Group.permissions.through)
def _roles_changed(
    instance: Model, action: str, model: type[Model], pk_set: Any, **kwargs: Any
) -> None:
    sign = {"post_add": "+", "post_remove": "−", "pre_clear": "−"}.get(action)
    # `migrate` gives the roles their permissions.
    if sign is None or (isinstance(instance, Group) and context.request is None):
        return
    rows = model._default_manager.filter(pk__in=pk_set) if pk_set is not None else [_("all")]
    if names := ", ".join(f"{sign}{row}" for row in rows):
        record(Kind.ROLES, about=instance, details=names)


@receiver(pre_delete, sender=Group)
def _role_deleted(instance: Group, **kwargs: Any) -> None:
    members = instance.user_set.values_list("username", flat=True)
    record(Kind.ROLES, about=instance, details=", ".join([f"−{_('role')}", *members])[:500])


# The desk


@receiver(post_save, sender="articles.AuditEntry")
def _workflow(instance: Any, **kwargs: Any) -> None:
    if not kwargs["raw"]:
        article = instance.article
        about = f"{article.pk}: {instance.edition or article.latest_edition() or article}"
        details = ": ".join(filter(None, [instance.get_kind_display(), instance.reason]))
        record(Kind.ARTICLE, about=about, details=details, by=instance.by)


@receiver(post_save, sender="articles.PreviewLink")
def _link_made(instance: Any, created: bool, **kwargs: Any) -> None:
    if created and not kwargs["raw"]:
        details = _("until %s") % f"{instance.expires_at:%Y-%m-%d %H:%M} UTC"
        record(Kind.LINK, about=instance.edition, details=details, by=instance.made_by)


@receiver(pre_save, sender="articles.Picture")
def _picture_replaced(instance: Any, **kwargs: Any) -> None:
    columns = ("digest", "credit", "licence")
    pictures = type(instance)._default_manager
    old = None if kwargs["raw"] else pictures.public().filter(pk=instance.pk).first()
    changed = [name for name in columns if old and getattr(old, name) != getattr(instance, name)]
    if changed:
        names = {"digest": _("the file"), "credit": _("the credit"), "licence": _("the licence")}
        details = ", ".join(names[name] for name in changed)
        record(Kind.PICTURE, about=f"{instance.pk}: {instance}", details=details)


@receiver(visibility_changed)
def _visibility_changed(engagement: Any, details: str, by: Any, **kwargs: Any) -> None:
    record(Kind.ENGAGEMENT, about=f"{engagement.pk}: {engagement}", details=details, by=by)
