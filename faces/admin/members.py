"""The faces of a cluster on its page, and what staff do with some of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from faces.admin.doing import Question
from faces.admin.faces import counted, give
from faces.errors import ClusterMissing, PersonMissing
from faces.models import SAMPLE, Cluster, Face, Membership, Person
from faces.people import placing
from photos.models import Owner

Act = Callable[[], Any]
FACES_SHOWN = 200  # of a cluster, on its page
LOOKED_AT_ONE = 4_000  # of its faces, to find the best
_PICTURES = 60  # of the chosen faces, before something is done with them
_MEANINGS: Mapping[str, Any] = {
    "split": gettext_lazy("Make %(faces)s a cluster of their own"),
    "give": gettext_lazy("Give %(faces)s to %(name)s"),
    "move": gettext_lazy("Move %(faces)s"),
    "reject": gettext_lazy("%(faces)s: not %(person)s"),
    "remove": gettext_lazy("Take %(faces)s out"),
    "ignore": gettext_lazy("Ignore %(faces)s: in no cluster, and matched with nobody"),
}
_SIMPLE: Mapping[str, tuple[Callable[..., None], Any]] = {
    "remove": (placing.remove, gettext_lazy("Took out %(faces)s.")),
    "confirm": (placing.confirm, gettext_lazy("Confirmed %(faces)s.")),
    "ignore": (placing.ignore, gettext_lazy("Ignored %(faces)s.")),
}


@dataclass(frozen=True)
class Shown:
    """A face of a cluster, and what is said of it."""

    face: Face
    how: str  # it came there
    why: str
    choose: str
    alt: str
    photo: str


def best_of(cluster: Cluster) -> list[Shown]:
    """Its best faces, the clearest first: of very many, those of some. Words are looked up once."""
    some = cluster.memberships.order_by()[:LOOKED_AT_ONE]
    best = Face.objects.best_of(some).values("pk")[:FACES_SHOWN]
    members = Membership.objects.filter(face__in=best).select_related("face")
    why = {
        how: _("In this cluster because %(how)s") % {"how": words}
        for how, words in Membership.How.choices
    }
    choose, photo = _("Choose face %(face)s"), _("Photo %(photo)s")
    alt = _("Face in photo %(photo)s")
    return [
        Shown(
            each.face,
            each.how,
            why[each.how],
            choose % {"face": each.face_id},
            alt % {"photo": each.face.photo_id},
            photo % {"photo": each.face.photo_id},
        )
        for each in members.order_by("-face__quality", "face")
    ]


def act_on(cluster: Cluster, asked: Mapping[str, Any], *, by: User) -> tuple[Act, str]:
    """The service call that ChosenFacesForm has `asked` for, and what to say when it is done.

    Raises:
        ClusterMissing: there is none of this label to move the faces to.
        PersonMissing: it is to be said that they are not the cluster's person, and there is none.
    """
    owner, faces = cluster.owner, [face.pk for face in asked["face"]]
    name = asked["name"]
    said = {"faces": counted(len(faces)), "name": name}
    match asked["do"]:
        case "split":
            act: Act = partial(placing.split, cluster, faces, name=name, by=by)
            return act, _("Split off %(faces)s.") % said
        case "give":
            return partial(give, owner, faces, name, by=by), _("Gave %(faces)s to %(name)s.") % said
        case "move":
            target = called(owner, asked["to"])
            act = partial(placing.move, owner, faces, target, by=by)
            return act, _("Moved %(faces)s to %(label)s.") % {**said, "label": target.label}
        case "reject":
            person = _person(cluster)
            act = partial(placing.reject, owner, faces, person, by=by)
            return act, _("Said of %(faces)s: not %(person)s.") % {**said, "person": person}
    service, done = _SIMPLE[asked["do"]]
    return partial(service, owner, faces, by=by), done % said


def question(cluster: Cluster, asked: Mapping[str, Any]) -> Question:
    """Whether what ChosenFacesForm has `asked` for is meant, with what will change in pictures.

    Raises as act_on().
    """
    what, faces, name = asked["do"], list(asked["face"]), asked["name"]
    many = counted(len(faces))
    parts = [
        (_("These %(faces)s") % {"faces": many}, [face.crop.url for face in faces[:_PICTURES]])
    ]
    words = _MEANINGS[what]
    if what == "move":
        target = called(cluster.owner, asked["to"])
        there = target.person or target.label
        join = _("They join %(there)s") % {"there": there}
        parts.append((join, [face.crop.url for face in target.sample]))
    if what in {"reject", "remove", "split", "ignore"}:
        stay = _("These stay in %(there)s") % {"there": cluster.person or cluster.label}
        parts.append((stay, _left(cluster, faces)))
    sent = [("do", what), ("name", name), ("to", asked["to"])]
    named = [_("They will be %(name)s.") % {"name": name}] if what == "split" and name else []
    return Question(
        words=named,
        title=words % {"faces": many, "person": cluster.person or "", "name": name},
        parts=parts,
        sent=[*sent, *(("face", face.pk) for face in faces)],
        back=reverse("admin:faces_cluster_change", args=[cluster.pk]),
    )


def _left(cluster: Cluster, faces: Collection[Face]) -> list[str]:
    others = cluster.memberships.exclude(face__in=faces)
    return [face.crop.url for face in Face.objects.best_of(others)[:SAMPLE]]


def called(owner: Owner, label: str) -> Cluster:
    """The owner's cluster of this label, with what is shown of it.

    Raises:
        ClusterMissing: there is none.
    """
    number = label.strip().removeprefix("unknown_cluster_").removeprefix("clu_")
    rows = Cluster.objects.with_faces().filter(owner=owner)
    there = rows.filter(public_id=f"clu_{number}").first()
    if there is None:
        raise ClusterMissing(
            _("There is no cluster %(label)r: give a label such as clu_3f9a0c71d2be.")
            % {"label": label}
        )
    return there


def _person(cluster: Cluster) -> Person:
    if cluster.person is None:
        raise PersonMissing(_("Nobody has said who this cluster is: there is nobody to say no to."))
    return cluster.person
