"""Reading beside what goes on."""

from collections.abc import Iterator
from contextvars import ContextVar
from threading import Event, current_thread, main_thread
from typing import Any

import pytest
from django.db import transaction

from photos.models import Owner
from photos.parallel import Begun
from tests.factories import make_owner
from tests.pooled import SIZE, pooled

_asked_by: ContextVar[str] = ContextVar("asked_by", default="nobody")


def is_beside() -> bool:
    return current_thread() is not main_thread()


def owners() -> list[int]:
    return list(Owner.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
class TestBegun:
    @pytest.fixture(autouse=True)
    def _connections_come_from_a_pool(self) -> Iterator[None]:
        with pooled():
            yield

    def test_is_read_on_another_connection(self) -> None:
        owner = make_owner()

        read, beside = Begun(owners), Begun(is_beside)

        assert (read.result(), beside.result()) == ([owner.pk], True)

    def test_goes_on_while_its_maker_does(self) -> None:
        begun, go_on = Event(), Event()

        def reads() -> bool:
            begun.set()
            return go_on.wait(10)

        read = Begun(reads)

        assert begun.wait(10)
        go_on.set()
        assert read.result()

    def test_is_read_once_however_often_it_is_asked_for(self) -> None:
        times: list[bool] = []
        read = Begun(lambda: times.append(is_beside()))

        read.result()
        read.result()

        assert times == [True]

    def test_raises_what_reading_does(self) -> None:
        read = Begun(lambda: Owner.objects.get(pk=0))

        for _ in range(2):
            with pytest.raises(Owner.DoesNotExist):
                read.result()

    def test_knows_for_whom_it_is_read(self) -> None:
        asking = _asked_by.set("anna")
        read = Begun(_asked_by.get)
        _asked_by.reset(asking)

        assert read.result() == "anna"

    def test_gives_its_connection_back(self) -> None:
        for _ in range(2 * SIZE):
            assert Begun(owners).result() == []

    def test_waits_for_no_helper(self, settings: Any) -> None:
        go_on = Event()
        all_of_them = [Begun(lambda: go_on.wait(10)) for _ in range(settings.DATABASE_HELPERS)]

        assert Begun(is_beside).result() is False
        go_on.set()
        assert all(each.result() for each in all_of_them)
        assert Begun(is_beside).result() is True

    def test_sees_what_its_maker_has_not_committed(self) -> None:
        with transaction.atomic():
            owner = make_owner()
            assert Begun(owners).result() == [owner.pk]
            assert Begun(is_beside).result() is False


@pytest.mark.django_db(transaction=True)
def test_is_read_here_where_there_is_no_pool() -> None:
    read, fails = Begun(is_beside), Begun(lambda: Owner.objects.get(pk=0))

    assert (read.result(), read.result()) == (False, False)
    for _ in range(2):
        with pytest.raises(Owner.DoesNotExist):
            fails.result()
