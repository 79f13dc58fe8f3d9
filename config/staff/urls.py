"""The addresses of the sign-in. Administrators create accounts and reset passwords in the admin."""

from allauth.account import views
from django.urls import include, path

from config.staff.views import sessions

urlpatterns = [
    path("login/", views.login, name="account_login"),
    path("logout/", views.logout, name="account_logout"),
    path("inactive/", views.account_inactive, name="account_inactive"),
    path("reauthenticate/", views.reauthenticate, name="account_reauthenticate"),
    path("sessions/", sessions, name="account_sessions"),
    path("sessions/<int:user_id>/", sessions, name="account_sessions_of"),
    path("second-step/", include("allauth.mfa.urls")),
]
