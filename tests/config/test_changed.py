"""Which tests `make check` runs for what has changed."""

import pytest

from tests.changed import ROOT, find_tests, git


@pytest.mark.parametrize(
    ("name", "tests"),
    [
        ("articles/timeline/facets.py", ["tests/articles/timeline"]),
        ("config/staff/middleware.py", ["tests/config/staff"]),
        ("config/urls.py", ["tests/config"]),
        ("engagements/admin/base.py", ["tests/engagements"]),
        ("templates/admin/articles/picture/uses.html", ["tests/articles/pictures"]),
        ("templates/articles/article.html", ["tests/articles/pages"]),
        ("tests/config/test_changed.py", ["tests/config/test_changed.py"]),
        ("tests/config/test_of_what_is_deleted.py", []),
        ("tests/factories.py", []),
        ("README.md", []),
    ],
)
def test_change_has_its_tests(name, tests):
    """A module and a template have their package's tests, and a test itself."""
    assert [str(path) for path in find_tests(name)] == tests


def test_each_module_and_template_has_tests():
    """Whatever changes of the site's code, `make check` runs tests that are there."""
    names = git("ls-files", "--", "articles/*.py", "config/*.py", "engagements/*.py", "templates")
    assert len(names) > 200
    for name in names:
        tests = find_tests(name)
        assert tests, name
        assert all((ROOT / path).exists() for path in tests), name
