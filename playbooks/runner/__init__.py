"""The only adapter to ansible-runner: one process of its own for each run of a playbook.

ansible-core is GPL and is only ever another process; the driver that imports ansible-runner is a child
whose environment names nothing of ours, so that neither playbooks nor artifacts can tell a secret.
"""

from playbooks.runner.process import Outcome, Request, run
from playbooks.runner.reaper import reap
from playbooks.runner.tools import hosts_of, syntax_problems

__all__ = ["Outcome", "Request", "hosts_of", "reap", "run", "syntax_problems"]
