"""The postmortems app."""

from django.apps import AppConfig


class PostmortemsConfig(AppConfig):
    name = "postmortems"
    verbose_name = "Post-mortems"

    def ready(self) -> None:
        from incidents.seeding import seeders
        from postmortems import incident_hooks, publishing  # noqa: F401 - registers the job that renders PDFs
        from postmortems.seeding import seed_factors, seed_switches, seed_templates
        from postmortems.step_plans import seed_plans

        incident_hooks.register()
        seeders.extend([seed_templates, seed_factors, seed_switches, seed_plans])
