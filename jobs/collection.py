"""What face vectors are kept in: the tables, and the space of the active model with its index."""

from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

import photos.services
from faces.models import FaceVector
from inference import roles
from inference.configs import DescribedModels
from jobs.clustering import current_space
from jobs.steps import Outcome
from photos.hnsw import create_index
from photos.roles import active_models, sync


def ensure() -> Outcome:
    """Have all of it. Twice changes nothing; asks no model server.

    Raises:
        RepositoryBroken: there are no models.
        InferenceNotReady: the active one does not say what its vectors are like.
    """
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        call_command("migrate", interactive=False, verbosity=0)
    sync(settings.MODEL_REPOSITORY)
    embedder = active_models().get(roles.FACE_EMBEDDER.name)
    if embedder:
        described = DescribedModels(settings.MODEL_REPOSITORY)
        identity = described.identity(roles.FACE_EMBEDDER.at(embedder))
        photos.services.space_of(identity, FaceVector)
    space = current_space()  # that of the head behind the embedder, if there is one
    if space:
        create_index(FaceVector, space)
    return {
        "migrations": len(plan),
        "space": space and space.name,
        "dimension": space and space.dimension,
    }
