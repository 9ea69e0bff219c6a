"""In which space photos are searched: in that of the active model once all photos have followed.

Until then photos are given vectors in both, so that none of them is ever missing in the one that is
searched.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet

import photos.services
from inference.roles import IMAGE_ENCODER
from photos.models import Owner, Role, ServedModel, Space
from photos.roles import active_models
from photos.statements import Joined, prepared
from search.errors import PhotosLeft, SpaceMoved
from search.models import ImageVector, SearchedSpace, Unembedded

# Beside the roles of models(): who sees photos in the space that is searched, if that is another.
SEARCHED = "searched_encoder"
_SHARED = "SELECT space_id FROM search_searchedspace FOR SHARE"
# Written down here, as each search asks it: Django takes longer to say it than it takes. By its
# key, as PostgreSQL takes a table that it has never analysed for one of many rows.
_ROW = Joined(space=Space, without=("created_at",))
_SEARCHED = f"""
    SELECT {_ROW.columns}, {{}} FROM search_searchedspace AS searched
    JOIN photos_space AS space ON space.id = searched.space_id
    WHERE searched.id = 1
"""  # noqa: S608  # names of our columns


@dataclass(frozen=True)
class Change:
    """Photos are searched in one space, and follow the active model into another."""

    old: Space
    name: str  # of the new one
    new: Space | None  # None: no photo has a vector in it yet

    def lacking(self, owner: Owner | None = None) -> QuerySet[ImageVector]:
        """The old vectors of photos, of all or of one owner, that have no new one."""
        new = ImageVector.objects.filter(photo=OuterRef("photo"), space=self.new)
        return vectors_in(self.old, owner).filter(~Exists(new))

    def failed(self, owner: Owner | None = None) -> QuerySet[ImageVector]:
        """Those of lacking() whose photos can get none."""
        return self.lacking(owner).filter(Exists(self._failures))

    def left(self, owner: Owner | None = None) -> QuerySet[ImageVector]:
        """Those of lacking() whose photos are still to get one."""
        return self.lacking(owner).filter(~Exists(self._failures))

    @property
    def _failures(self) -> QuerySet[Unembedded]:
        return Unembedded.objects.filter(photo=OuterRef("photo"), space=self.new)


def vectors_in(space: Space | None, owner: Owner | None = None) -> QuerySet[ImageVector]:
    """Of all owners, or of one."""
    vectors = ImageVector.objects.filter(space=space)
    return vectors if owner is None else vectors.filter(owner=owner)


def image_space() -> Space | None:
    """That in which whole photos are searched; None while no photo was ever embedded."""
    searched = searched_space_with("NULL")
    return searched[0] if searched else photos.services.current_space(IMAGE_ENCODER.name)


def searched_space_with(told: str, **values: object) -> tuple[Space, Any] | None:
    """The space of SearchedSpace and, by the same statement, what is `told` of it: an expression
    of SQL, to which it is `space`. None: there is none before the first vector."""
    with prepared() as cursor:
        row = cursor.execute(_SEARCHED.format(told), values).fetchone()
    if row is None:
        return None
    [searched] = _ROW.read(row)
    return searched, row[-1]


def models() -> dict[str, str]:
    """The served name of each role's model; and of SEARCHED, while photos follow. Two queries.

    It is left out where that model is in the repository no more: then new photos are found once
    all have followed.
    """
    active = Role.objects.filter(name=IMAGE_ENCODER.name).values("active__space")
    others = _of_searched().exclude(space__in=active).order_by("-pk")
    searched = others.values_list("name", flat=True).first()
    return active_models() | ({SEARCHED: searched} if searched else {})


def _of_searched() -> QuerySet[ServedModel]:
    """The models that see photos in the space that is searched."""
    searched = SearchedSpace.objects.values("space__name")
    return ServedModel.objects.filter(role=IMAGE_ENCODER.name, space__in=searched)


def change() -> Change | None:
    """What is going on: None where photos are searched in the space of the active model."""
    row = SearchedSpace.objects.select_related("space").first()
    if row is None:
        return None
    role = Role.objects.filter(name=IMAGE_ENCODER.name).select_related("active").first()
    if role is None or role.active.space == row.space.name:
        return None
    name = role.active.space
    return Change(row.space, name, Space.objects.filter(name=name).first())


def admit(spaces: Collection[Space]) -> None:
    """Let a photo get vectors in `spaces`, in the caller's transaction: it will be found.

    Until that ends nothing is switched. The last of `spaces` is searched, if none is yet.

    Raises:
        SpaceMoved: photos are searched elsewhere by now.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SHARED)
        row = cursor.fetchone()
    if row is None:
        first, _ = SearchedSpace.objects.get_or_create(defaults={"space": [*spaces][-1]})
        row = [first.space_id]
    if row[0] not in {space.pk for space in spaces} and _of_searched().exists():
        raise SpaceMoved("Photos are searched in another space by now: it is looked at again.")


def switch(following: Change, *, without_failed: bool = False) -> bool:
    """Search photos in the new space from now on, if all have followed. False: not yet.

    Photos that are being stored are waited for, and others wait meanwhile.

    Raises:
        PhotosLeft: some are left, and it was asked to do `without_failed` ones.
    """
    if not _is_complete(following, without_failed=without_failed):
        return False
    with transaction.atomic():
        row = SearchedSpace.objects.select_for_update().first()
        complete = _is_complete(following, without_failed=without_failed)
        if not (row and following.new and complete and change() == following):
            return False
        row.space = following.new
        row.save()
    return True


def _is_complete(following: Change, *, without_failed: bool) -> bool:
    """
    Raises:
        PhotosLeft: as switch().
    """
    if not without_failed:
        return following.new is not None and not following.lacking().exists()
    if following.new is None or following.left().exists():
        raise PhotosLeft(f"Some photos are still to get a vector in {following.name}.")
    return True
