"""The packed form of a workload."""

from __future__ import annotations

from autosched.errors import WorkloadError
from autosched.ops.instance import WorkloadInstance
from autosched.ops.packed.form import PackedWorkload
from autosched.ops.registry import registered
from autosched.vta.config import VTAConfig


def packed_form(instance: WorkloadInstance, config: VTAConfig | None = None) -> PackedWorkload:
    """The form of `instance` for an accelerator of `config`, the default one where None.

    `WorkloadError` is raised for workloads that come with autosched and have none, and for
    symbolic sizes. Other expressions pass through unchanged: they are taken to be packed,
    and lowering says where they are not.
    """
    config = VTAConfig() if config is None else config
    entry = registered().get(instance.source or "")
    function = instance.packed_function or (None if entry is None else entry.packed)
    if function is not None:
        form = function(instance, config)
        assert isinstance(form, PackedWorkload)
        return form
    if entry is not None and entry.shipped:
        names = ", ".join(item.name for item in registered().values() if item.packed)
        raise WorkloadError(
            f"expected a workload with a form for the accelerator, got {instance.name}",
            hint=f"there are {names}, and expressions in packed layout",
        )
    if instance.sizes:
        raise WorkloadError(
            f"expected constant sizes for the accelerator, got {instance.sizes[0]} in {instance}",
            hint="build the expression for the sizes it will run with",
        )
    return PackedWorkload(instance, config, instance.tensors, list, list)
