"""Emergency drills: plan, approval, run, evaluation, sign-off."""
