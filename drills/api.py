"""placeholder"""

from kernel.edge import ApiRouter

router = ApiRouter(tags=["drills"])
