"""What staff do with some of the faces of a cluster, on its page."""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import User
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from faces.admin.doing import Question
from faces.admin.faces import counted, give
from faces.errors import ClusterMissing, PersonMissing
from faces.models import SAMPLE, Cluster, Face, Person
from faces.people import placing
from photos.models import Owner

Act = Callable[[], Any]
_PICTURES = 60  # of the chosen faces, before something is done with them
_MEANINGS: Mapping[str, Any] = {
    "split": gettext_lazy("Make %(faces)s a cluster of their own"),
    "give": gettext_lazy("Give %(faces)s to %(name)s"),
    "move": gettext_lazy("Move %(faces)s"),
    "reject": gettext_lazy("%(faces)s: not %(person)s"),
    "remove": gettext_lazy("Take %(faces)s out"),
    "ignore": gettext_lazy("Ignore %(faces)s: in no cluster, and matched with nobody"),
}
_SIMPLE: Mapping[str, tuple[Callable[..., None], str]] = {
    "remove": (placing.remove, "Took out"),
    "confirm": (placing.confirm, "Confirmed"),
    "ignore": (placing.ignore, "Ignored"),
}


def act_on(cluster: Cluster, asked: Mapping[str, Any], *, by: User) -> tuple[Act, str]:
    """The service call that ChosenFacesForm has `asked` for, and what to say when it is done.

    Raises:
        ClusterMissing: there is none of this label to move the faces to.
        PersonMissing: it is to be said that they are not the cluster's person, and there is none.
    """
    owner, faces = cluster.owner, [face.pk for face in asked["face"]]
    name, many = asked["name"], counted(len(faces))
    match asked["do"]:
        case "split":
            act: Act = partial(placing.split, cluster, faces, name=name, by=by)
            return act, f"Split off {many}."
        case "give":
            return partial(give, owner, faces, name, by=by), f"Gave {many} to {name}."
        case "move":
            target = called(owner, asked["to"])
            act = partial(placing.move, owner, faces, target, by=by)
            return act, f"Moved {many} to {target.label}."
        case "reject":
            person = _person(cluster)
            act = partial(placing.reject, owner, faces, person, by=by)
            return act, f"Said of {many}: not {person}."
    service, done = _SIMPLE[asked["do"]]
    return partial(service, owner, faces, by=by), f"{done} {many}."


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
    others = Face.objects.filter(membership__part__cluster=cluster)
    others = others.exclude(pk__in=[face.pk for face in faces])
    return [face.crop.url for face in others.order_by("-quality", "pk")[:SAMPLE]]


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
            f"There is no cluster {label!r}: give a label such as clu_3f9a0c71d2be."
        )
    return there


def _person(cluster: Cluster) -> Person:
    if cluster.person is None:
        raise PersonMissing("Nobody has said who this cluster is: there is nobody to say no to.")
    return cluster.person
