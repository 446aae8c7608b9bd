"""The OA services. Its roles exist already, because its people may report faults; its modules follow."""

from kernel.manifest import Manifest, Role

MANIFEST = Manifest(
    name="oa",
    roles=(Role("staff", "工作人员"), Role("clerk", "文书"), Role("leader", "领导")),
)
