"""What claims of a JWT let somebody do, and for whom."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from rest_framework.test import APIClient

from photos.models import Owner
from tests.config.signing import JOBS, KEY, ask, is_refused, make_key, signed
from tests.factories import make_owner, make_photo, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("issuer")]
STATS = "/api/v1/admin/stats/"


class TestPermissions:
    @pytest.mark.parametrize(
        "permissions",
        [
            "ai_inference_support", {"ai_inference_support": True}, [["ai_inference_support"]],
            ["ai_inference_support", 1], 1, True, [None],
        ],
    )  # fmt: skip
    def test_of_another_type_are_none(self, permissions: Any) -> None:
        answer = ask(signed(KEY, permissions=permissions))

        assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")

    @pytest.mark.parametrize(
        "permissions",
        [
            [],
            ["ai_inference_support_x"],
            ["x_ai_inference_support"],
            ["AI_INFERENCE_SUPPORT"],
            None,
        ],
    )
    def test_are_no_parts_of_words(self, permissions: Any) -> None:
        assert ask(signed(KEY, permissions=permissions)).status_code == 403

    @pytest.mark.parametrize("is_admin", ["true", "false", 1, 0, [], {}])
    def test_make_no_admin_of_what_is_nearly_true(self, is_admin: Any) -> None:
        assert ask(signed(KEY, is_admin=is_admin), STATS).status_code == 403

    @pytest.mark.parametrize(("is_admin", "code"), [(True, 200), (False, 403), (None, 403)])
    def test_make_an_admin(self, is_admin: Any, code: int) -> None:
        assert ask(signed(KEY, is_admin=is_admin), STATS).status_code == code

    def test_of_an_admin_alone_open_nothing_else(self) -> None:
        token = signed(KEY, is_admin=True, permissions=[])

        assert [ask(token, path).status_code for path in (STATS, JOBS)] == [200, 403]

    def test_of_another_issuer_have_no_effect(self) -> None:
        theirs = make_key()

        assert is_refused(signed(theirs, is_admin=True))
        assert is_refused(signed(KEY, is_admin=True, iss="https://other.example"))

    def test_are_not_those_of_the_user(self) -> None:
        boss = make_user(is_staff=True, is_superuser=True)
        make_owner(subject="anna", user=boss)

        assert ask(signed(KEY), STATS).status_code == 403
        boss.refresh_from_db()
        assert boss.is_superuser


class TestSubject:
    def test_acts_for_the_owner_of_that_name(self) -> None:
        hers, other = make_photo(owner=make_owner(subject="anna")), make_photo()

        seen = []
        for photo in (hers, other):
            answer = ask(signed(KEY), f"/media/{photo.thumbnail}")
            seen.append(answer.status_code)
            if answer.streaming:
                b"".join(answer.streaming_content)

        assert seen == [200, 404]

    @pytest.mark.parametrize("subject", ["anna", "x" * 255, "Ünï-日本"])
    def test_is_made_at_first_need_and_once(self, subject: str) -> None:
        for _ in range(2):
            assert ask(signed(KEY, sub=subject)).status_code == 200

        owner, user = Owner.objects.get(), User.objects.get()
        assert (owner.subject, owner.user) == (subject, user)
        assert not user.has_usable_password()
        assert not user.is_staff

    def test_whom_staff_have_locked_out_is_refused(self) -> None:
        make_owner(subject="anna", user=make_user(is_active=False))

        assert is_refused(signed(KEY))

    def test_acts_for_nobody_else(self) -> None:
        make_owner(subject="ben")
        headers = {"Authorization": f"Bearer {signed(KEY, is_admin=True)}", "X-Owner": "ben"}

        assert APIClient().get(JOBS, headers=headers).status_code == 403
