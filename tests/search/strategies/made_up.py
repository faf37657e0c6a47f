"""The contract of strategies, on tasks with made-up costs."""

import pytest

from autosched.search.strategies.conformance import StrategyConformance
from autosched.search.task import Task
from tests.search.tasks import copy_task, matmul_task


class OnMadeUpTasks(StrategyConformance):
    @pytest.fixture
    def task(self) -> Task:
        return matmul_task()

    @pytest.fixture
    def small_task(self) -> Task:
        return copy_task()
