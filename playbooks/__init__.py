"""The Ansible content and the only ansible-runner adapter."""
