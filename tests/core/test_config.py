"""Configuration is read from the environment, and what is wrong is named with its mend."""

from __future__ import annotations

import pytest

from helpdesk.core.config import Settings, load
from helpdesk.core.errors import ConfigError


def test_an_unknown_name_is_an_error_that_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match="HELPDESK_SECRET_KEY"):
        load({"HELPDESK_SECRETKEY": "x" * 40})


def test_names_of_others_are_none_of_our_business() -> None:
    assert load({"PATH": "/bin", "HELP": "me"}) == Settings()


def test_an_empty_value_is_as_good_as_none() -> None:
    assert load({"HELPDESK_PORT": "", "DATABASE_URL": ""}) == Settings()


@pytest.mark.parametrize(
    "name, value, told",
    [
        ("HELPDESK_PORT", "80a", "whole number"),
        ("HELPDESK_PORT", "0", "from 1 to 65535"),
        ("HELPDESK_PORT", "65536", "from 1 to 65535"),
        ("HELPDESK_SECRET_KEY", "short", "32 characters"),
        ("HELPDESK_BASE_URL", "ftp://x", "http://"),
        ("DATABASE_URL", "mysql://x/y", "postgresql://"),
        ("REDIS_URL", "http://x", "redis://"),
        ("HELPDESK_DEMO", "maybe", "1 or 0"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load({name: value})
    assert name in str(refused.value)
    assert told in str(refused.value)


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    key, password = "k" * 40, "hunter2hunter2"
    settings = load(
        {
            "HELPDESK_SECRET_KEY": key,
            "DATABASE_URL": f"postgresql://u:{password}@h/d",
            "REDIS_URL": f"redis://:{password}@h",
            "SMTP_URL": f"smtp://u:{password}@h",
        }
    )
    assert key not in repr(settings)
    assert password not in repr(settings)


def test_what_is_given_directly_wins_over_the_environment() -> None:
    assert load({"HELPDESK_PORT": "9000"}, port=9001).port == 9001


def test_the_old_name_of_postgresql_is_understood() -> None:
    assert load({"DATABASE_URL": "postgres://u@h/d"}).database() == "postgresql://u@h/d"


def test_the_origin_and_hosts_follow_the_address() -> None:
    settings = load(
        {
            "HELPDESK_BASE_URL": "https://help.example.org/",
            "HELPDESK_ALLOWED_HOSTS": "a.example, b.example",
        }
    )
    assert settings.origin == "https://help.example.org"
    assert settings.https
    assert settings.hosts == {"help.example.org", "a.example", "b.example"}
