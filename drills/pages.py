"""placeholder"""

from kernel.edge import PageRouter

router = PageRouter()
