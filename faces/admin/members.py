"""What staff do with some of the faces of a cluster, on its page."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib.auth.models import User

from faces.admin.faces import counted, give
from faces.errors import ClusterMissing, PersonMissing
from faces.models import Cluster, Person
from faces.people import placing
from photos.models import Owner

Act = Callable[[], Any]
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
            target = _called(owner, asked["to"])
            act = partial(placing.move, owner, faces, target, by=by)
            return act, f"Moved {many} to {target.label}."
        case "reject":
            person = _person(cluster)
            act = partial(placing.reject, owner, faces, person, by=by)
            return act, f"Said of {many}: not {person}."
    service, done = _SIMPLE[asked["do"]]
    return partial(service, owner, faces, by=by), f"{done} {many}."


def _called(owner: Owner, label: str) -> Cluster:
    number = label.strip().removeprefix("unknown_cluster_").removeprefix("clu_")
    there = Cluster.objects.filter(owner=owner, public_id=f"clu_{number}").first()
    if there is None:
        raise ClusterMissing(
            f"There is no cluster {label!r}: give a label such as clu_3f9a0c71d2be."
        )
    return there


def _person(cluster: Cluster) -> Person:
    if cluster.person is None:
        raise PersonMissing("Nobody has said who this cluster is: there is nobody to say no to.")
    return cluster.person
