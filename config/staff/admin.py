"""The admin of accounts."""

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Prefetch
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from config.staff.factors import FACTORS, require_factor, reset_factors
from config.staff.models import AuditEvent, RequiredFactor
from config.staff.sessions import living_sessions
from engagements.admin.base import BoundedLists, KeyedAutocompletes

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
# Nobody may read the secrets of second factors, and accounts are not managed by e-mail.
admin.site.unregister([Authenticator, EmailAddress, Group, User, UserSession])


@admin.register(Group)
class RoleAdmin(KeyedAutocompletes, GroupAdmin):  # type: ignore[misc] # theirs lets request out
    pass


@admin.register(User)
class StaffAdmin(KeyedAutocompletes, UserAdmin):
    """The admin of users, in which only superusers can change or create superusers."""

    list_display = ["username", "name", "roles", "second_step", "is_active", "last_login"]
    list_filter = ["groups", "is_active"]
    readonly_fields = ["second_step", "sessions", "last_login", "date_joined"]
    actions = ["require_second_step", "release_second_step", "reset_second_step"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Person"), {"fields": [("first_name", "last_name"), "email"]}),
        (_("Role"), {"fields": [("is_active", "is_staff"), "groups"]}),
        (_("Sign-in"), {"fields": ["second_step", "sessions", ("last_login", "date_joined")]}),
    ]
    superuser_fieldset = (
        _("Beyond the roles"),
        {"fields": ["is_superuser", "user_permissions"], "classes": ["collapse"]},
    )

    def get_fieldsets(self, request, obj=None):
        fieldsets = [*super().get_fieldsets(request, obj)]
        if obj and request.user.is_superuser:
            fieldsets.append(self.superuser_fieldset)
        return fieldsets

    def has_change_permission(self, request, obj=None):
        is_out_of_reach = obj is not None and obj.is_superuser and not request.user.is_superuser
        return super().has_change_permission(request, obj) and not is_out_of_reach

    def save_model(self, request, obj, form, change):
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    def get_queryset(self, request):
        factors = Authenticator.objects.filter(type__in=FACTORS)
        return (
            super()
            .get_queryset(request)
            .select_related("required_factor")
            .prefetch_related("groups", Prefetch("authenticator_set", factors, to_attr="factors"))
        )

    @admin.display(description=_("name"))
    def name(self, user):
        return user.get_full_name()

    @admin.display(description=_("roles"))
    def roles(self, user):
        return ", ".join(group.name for group in user.groups.all())

    @admin.display(description=_("second step"))
    def second_step(self, user):
        has = {factor.type for factor in user.factors}
        words = []
        if Authenticator.Type.TOTP in has:
            words.append(gettext("authenticator app"))
        if Authenticator.Type.WEBAUTHN in has:
            words.append(gettext("passkey"))
        is_required = hasattr(user, "required_factor")
        if not words:
            return gettext("required, not set up yet") if is_required else gettext("none")
        return ", ".join([*words, gettext("required")] if is_required else words)

    @admin.display(description=_("sessions"))
    def sessions(self, user):
        count = living_sessions(user).count()
        text = ngettext("signed in %d time", "signed in %d times", count) % count
        address = reverse("account_sessions_of", args=[user.pk])
        return format_html('<a href="{}">{}</a>', address, text)

    # Actions

    @admin.action(description=_("Require a second step at sign-in"), permissions=["change"])
    def require_second_step(self, request, queryset):
        users = self._within_reach(request, queryset)
        for user in users:
            require_factor(user, by=request.user)
        sentence = ngettext(
            "%d person needs a second step.", "%d people need a second step.", len(users)
        )
        self._report(request, users, gettext("Required a second step at sign-in."), sentence)

    @admin.action(description=_("No longer require a second step"), permissions=["change"])
    def release_second_step(self, request, queryset):
        users = self._within_reach(request, queryset)
        RequiredFactor.objects.filter(user__in=users).delete()
        sentence = ngettext(
            "%d person no longer needs a second step.",
            "%d people no longer need a second step.",
            len(users),
        )
        self._report(request, users, gettext("No longer requires a second step."), sentence)

    @admin.action(
        description=_("Reset the second step (a lost telephone or key)"), permissions=["change"]
    )
    def reset_second_step(self, request, queryset):
        users = self._within_reach(request, queryset)
        for user in users:
            reset_factors(user)
        sentence = ngettext(
            "%d person signs in with the password alone until a new one is set up.",
            "%d people sign in with the password alone until new ones are set up.",
            len(users),
        )
        self._report(request, users, gettext("Reset the second step."), sentence)

    def _within_reach(self, request, queryset):
        users = [user for user in queryset if self.has_change_permission(request, user)]
        if len(users) < len(queryset):
            messages.error(request, gettext("Only a superuser can change a superuser’s account."))
        return users

    def _report(self, request, users, entry, sentence):
        """Log what was done to each user; say to how many."""
        for user in users:
            self.log_change(request, user, entry)
        if users:
            messages.success(request, sentence % len(users))


@admin.register(AuditEvent)
class AuditEventAdmin(BoundedLists):
    """The audit log, to be read by administrators."""

    list_display = ["at", "kind", "by_name", "about", "details", "address"]
    list_display_links = None
    empty_value_display = ""
    list_filter = ["kind", "at"]
    search_fields = ["by_name", "about", "details", "address"]
    show_full_result_count = False

    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False
