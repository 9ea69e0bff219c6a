import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Status(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATUS_UNSPECIFIED: _ClassVar[Status]
    PROCESSING: _ClassVar[Status]
    DONE: _ClassVar[Status]
STATUS_UNSPECIFIED: Status
PROCESSING: Status
DONE: Status

class ProcessPhotoRequest(_message.Message):
    __slots__ = ("photo_id", "url", "options")
    PHOTO_ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    photo_id: str
    url: str
    options: AnswerOptions
    def __init__(self, photo_id: _Optional[str] = ..., url: _Optional[str] = ..., options: _Optional[_Union[AnswerOptions, _Mapping]] = ...) -> None: ...

class GetPhotoRequest(_message.Message):
    __slots__ = ("job_id", "options")
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    job_id: str
    options: AnswerOptions
    def __init__(self, job_id: _Optional[str] = ..., options: _Optional[_Union[AnswerOptions, _Mapping]] = ...) -> None: ...

class AnswerOptions(_message.Message):
    __slots__ = ("min_similarity", "max_matches", "without_picture", "without_names")
    MIN_SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    MAX_MATCHES_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_PICTURE_FIELD_NUMBER: _ClassVar[int]
    WITHOUT_NAMES_FIELD_NUMBER: _ClassVar[int]
    min_similarity: float
    max_matches: int
    without_picture: bool
    without_names: bool
    def __init__(self, min_similarity: _Optional[float] = ..., max_matches: _Optional[int] = ..., without_picture: _Optional[bool] = ..., without_names: _Optional[bool] = ...) -> None: ...

class ProcessPhotoResponse(_message.Message):
    __slots__ = ("photo_id", "job_id", "status", "width", "height", "faces", "annotated_image_url", "annotated_image_expires_at")
    PHOTO_ID_FIELD_NUMBER: _ClassVar[int]
    JOB_ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    ANNOTATED_IMAGE_URL_FIELD_NUMBER: _ClassVar[int]
    ANNOTATED_IMAGE_EXPIRES_AT_FIELD_NUMBER: _ClassVar[int]
    photo_id: str
    job_id: str
    status: Status
    width: int
    height: int
    faces: _containers.RepeatedCompositeFieldContainer[Face]
    annotated_image_url: str
    annotated_image_expires_at: _timestamp_pb2.Timestamp
    def __init__(self, photo_id: _Optional[str] = ..., job_id: _Optional[str] = ..., status: _Optional[_Union[Status, str]] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., faces: _Optional[_Iterable[_Union[Face, _Mapping]]] = ..., annotated_image_url: _Optional[str] = ..., annotated_image_expires_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Face(_message.Message):
    __slots__ = ("face_id", "box", "confidence", "quality", "cluster_id", "person", "matches")
    FACE_ID_FIELD_NUMBER: _ClassVar[int]
    BOX_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_ID_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    face_id: str
    box: Box
    confidence: float
    quality: float
    cluster_id: str
    person: Person
    matches: _containers.RepeatedCompositeFieldContainer[Match]
    def __init__(self, face_id: _Optional[str] = ..., box: _Optional[_Union[Box, _Mapping]] = ..., confidence: _Optional[float] = ..., quality: _Optional[float] = ..., cluster_id: _Optional[str] = ..., person: _Optional[_Union[Person, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[Match, _Mapping]]] = ...) -> None: ...

class Box(_message.Message):
    __slots__ = ("left", "top", "right", "bottom")
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    RIGHT_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_FIELD_NUMBER: _ClassVar[int]
    left: float
    top: float
    right: float
    bottom: float
    def __init__(self, left: _Optional[float] = ..., top: _Optional[float] = ..., right: _Optional[float] = ..., bottom: _Optional[float] = ...) -> None: ...

class Person(_message.Message):
    __slots__ = ("person_id", "name", "contact_id")
    PERSON_ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    CONTACT_ID_FIELD_NUMBER: _ClassVar[int]
    person_id: str
    name: str
    contact_id: str
    def __init__(self, person_id: _Optional[str] = ..., name: _Optional[str] = ..., contact_id: _Optional[str] = ...) -> None: ...

class Match(_message.Message):
    __slots__ = ("person", "similarity", "score")
    PERSON_FIELD_NUMBER: _ClassVar[int]
    SIMILARITY_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    person: Person
    similarity: float
    score: float
    def __init__(self, person: _Optional[_Union[Person, _Mapping]] = ..., similarity: _Optional[float] = ..., score: _Optional[float] = ...) -> None: ...

class ProcessPhotosResponse(_message.Message):
    __slots__ = ("photo_id", "photo", "error")
    PHOTO_ID_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    ERROR_FIELD_NUMBER: _ClassVar[int]
    photo_id: str
    photo: ProcessPhotoResponse
    error: PhotoError
    def __init__(self, photo_id: _Optional[str] = ..., photo: _Optional[_Union[ProcessPhotoResponse, _Mapping]] = ..., error: _Optional[_Union[PhotoError, _Mapping]] = ...) -> None: ...

class PhotoError(_message.Message):
    __slots__ = ("code", "detail")
    CODE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    code: str
    detail: str
    def __init__(self, code: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...
