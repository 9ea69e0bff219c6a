"""Who may do what on the pages of staff: the whole of it, as one table.

R: reviewer, O: operator, A: auditor. A superuser may do all; staff in no group, and who is not
logged in, nothing.
"""

from collections.abc import Mapping
from typing import NamedTuple


class May(NamedTuple):
    """Of a model: who may look at its list and its rows, and who may change them there."""

    view: str = ""
    add: str = ""
    change: str = ""
    delete: str = ""


MODELS: Mapping[str, May] = {
    "admin.logentry": May("A"),
    "auth.group": May("A"),
    "auth.user": May("A"),
    "config.apikey": May("A"),
    "config.auditentry": May("A"),
    "config.retention": May("A"),
    "django_q.failure": May("OA"),
    "django_q.ormq": May("OA"),
    "django_q.schedule": May("OA"),
    "django_q.success": May("OA"),
    "faces.cluster": May("RA", change="R"),
    "faces.edit": May("RA"),
    "faces.erasure": May("RA"),
    "faces.face": May("RA"),
    "faces.person": May("RA", change="R"),
    "jobs.delivery": May("OA"),
    "jobs.item": May("OA"),
    "jobs.job": May("OA"),
    "jobs.remoteworker": May("OA"),
    "jobs.removal": May("A"),
    "jobs.storagesource": May("OA", add="O", change="O", delete="O"),
    "jobs.webhook": May("OA"),
    "jobs.workertoken": May("OA", add="O"),
    "photos.owner": May("ROA"),
    "photos.photo": May("RA"),
    "photos.servedmodel": May("OA"),
    "photos.space": May("OA"),
    "search.askedsearch": May("A"),
    "search.caption": May("RA"),
    "search.detectedobject": May("RA"),
    "search.differentphotos": May("RA", delete="R"),
    "search.nearduplicates": May("RA"),
    "search.phototag": May("RA"),
    "search.savedsearch": May("RA", change="R", delete="R"),
    "search.textline": May("RA"),
    "search.unembedded": May("OA"),
}

ACTIONS: Mapping[str, Mapping[str, str]] = {
    "config.apikey": {"superuser": "revoke rotate"},
    "faces.cluster": {
        "R": "merge name_as move reject hide show ignore unignore split_apart take_apart erase",
    },
    "faces.face": {"R": "assign confirm remove ignore unignore"},
    "faces.person": {"R": "merge hide show favour unfavour ignore unignore forget"},
    "jobs.delivery": {"O": "resend"},
    "jobs.item": {"O": "retry"},
    "jobs.job": {"O": "cancel pause resume retry delete_finished"},
    "jobs.storagesource": {"O": "delete_selected rotate"},
    "jobs.webhook": {"O": "disable enable rotate ping"},
    "jobs.workertoken": {"O": "revoke"},
    "photos.servedmodel": {"O": "load unload activate roll_back pin unpin"},
    "search.differentphotos": {"R": "delete_selected"},
    "search.savedsearch": {"R": "delete_selected"},
}

# Pages and buttons that are not of Django's own kinds, by the names of their addresses.
LOOKED_AT: Mapping[str, str] = {
    "auth_user_password_change": "",
    "faces_cluster_names": "R",
    "faces_edit_undo": "R",
    "faces_person_erase": "R",
    "queue": "OA",
    "queue-now": "OA",
    "review": "R",
    "search-page": "RA",
    "training": "OA",
    "training-begin": "O",
    "training-promote": "O",
    "training-rollback": "O",
    "search-page-suggest": "RA",
}
PRESSED: Mapping[str, str] = {
    "faces_cluster_faces": "R",
    "faces_cluster_name": "R",
    "faces_edit_undo": "R",
    "faces_edit_undo_several": "R",
    "faces_person_alike": "R",
    "faces_person_erase": "R",
    "faces_person_faces": "R",
    "faces_person_said": "R",
    "photos_photo_again": "R",
    "photos_photo_face": "R",
    "queue-pause": "O",
    "queue-resume": "O",
    "queue-retry": "O",
    "review-decide": "R",
    "review-undo": "R",
    "search-page-save": "R",
    "search_nearduplicates_different": "R",
    "training-begin": "O",
    "training-promote": "O",
    "training-rollback": "O",
}

# For everybody on the staff: they show nothing of anybody.
OPEN = {
    "app_list",
    "autocomplete",  # asks for the right to view what it offers
    "index",
    "jsi18n",
    "login",
    "logout",
    "password_change",
    "password_change_done",
    "view_on_site",
}
