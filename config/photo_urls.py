"""Where single photos are: what is made of one, below /api/v1/, and files, below /media/."""

from django.urls import path, re_path

from faces.views.portability import SidecarView
from jobs.views.annotation import AnnotatedView
from jobs.views.people import PhotoFacesView
from jobs.views.photos import StoredPhotoView
from photos.views import MediaView, SignedFileView

_PHOTO = r"^photos/(?P<pk>[0-9]{1,18})"

urls = [
    re_path(rf"{_PHOTO}/?$", StoredPhotoView.as_view(), name="photo"),
    re_path(rf"{_PHOTO}/sidecar/?$", SidecarView.as_view(), name="photo-sidecar"),
    re_path(rf"{_PHOTO}/annotated/?$", AnnotatedView.as_view(), name="photo-annotated"),
    re_path(rf"{_PHOTO}/faces/?$", PhotoFacesView.as_view(), name="photo-faces"),
]
media = [
    path("signed/<str:signed>", SignedFileView.as_view(), name="signed-file"),
    path("<path:key>", MediaView.as_view(), name="media"),
]
