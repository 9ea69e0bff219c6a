"""A day, played through minute by minute: photos come in, workers come and go as KEDA has it."""

import math
from dataclasses import dataclass, field

MINUTES = 24 * 60
EVENING = range(18 * 60, 21 * 60)  # half of a day's photos come then
EVENING_SHARE = 0.5
PHOTOS_A_WORKER = 200  # as the manifest of the workers says
STARTS_MIN = 2  # until a new worker works
COOLING_MIN = 5  # until one that is not needed any more goes


@dataclass(frozen=True)
class Plant:
    photos_a_day: float
    photos_a_worker_s: float
    most_workers: int


@dataclass
class Day:
    """What it came to."""

    waiting: float = 0.0  # at most
    workers: int = 1  # at most
    longest_wait_min: float = 0.0
    worker_hours: float = 0.0
    left: float = field(default=0.0)  # at midnight


def played(plant: Plant) -> Day:
    day = Day()
    wanted = [1] * (COOLING_MIN + 1)  # minute by minute, the last one last
    waiting = 0.0
    for minute in range(MINUTES):
        workers = _present(wanted)
        waiting += _coming(plant, minute)
        waiting -= min(waiting, workers * plant.photos_a_worker_s * 60)
        wanted.append(_wanted(plant, waiting))
        day.waiting, day.workers = max(day.waiting, waiting), max(day.workers, workers)
        wait_min = waiting / (workers * plant.photos_a_worker_s * 60)
        day.longest_wait_min = max(day.longest_wait_min, wait_min)
        day.worker_hours += workers / 60
    day.left = waiting
    return day


def _coming(plant: Plant, minute: int) -> float:
    if minute in EVENING:
        return plant.photos_a_day * EVENING_SHARE / len(EVENING)
    return plant.photos_a_day * (1 - EVENING_SHARE) / (MINUTES - len(EVENING))


def _wanted(plant: Plant, waiting: float) -> int:
    return min(plant.most_workers, max(1, math.ceil(waiting / PHOTOS_A_WORKER)))


def _present(wanted: list[int]) -> int:
    """Those that were wanted long enough ago to have started, and too lately to have gone."""
    return max(wanted[-COOLING_MIN - 1 : -STARTS_MIN])
