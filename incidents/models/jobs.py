"""Jobs: work that must happen, as rows. The broker only wakes a worker."""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    """One piece of work on one row. Claimed by compare-and-set with a lease; every write of its worker checks the fence."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        DEAD = "dead", "Given up"

    kind = models.CharField(max_length=40)
    object_id = models.BigIntegerField()
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    lost = models.PositiveSmallIntegerField(default=0, help_text="How often its worker died while doing it.")
    fence = models.PositiveIntegerField(default=0, help_text="Grows with each claim; a worker with an older one has lost the job.")
    run_after = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            # Asking twice for the same waiting work is asking once.
            models.UniqueConstraint(fields=["kind", "object_id"], condition=models.Q(state="waiting"), name="job_waiting_once")
        ]
        indexes = [models.Index(fields=["state", "run_after"], name="job_due")]  # the sweep

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id} ({self.state})"
