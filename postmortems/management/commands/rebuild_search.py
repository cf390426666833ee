"""manage.py rebuild_search: the index of the knowledge base, made anew from what was published."""

from typing import Any

from django.core.management.base import BaseCommand

from incidents.management.progress import told
from postmortems.search import index


class Command(BaseCommand):
    help = "Index the latest revision of every published post-mortem anew. Search goes on meanwhile; done again, it changes nothing."

    def handle(self, *args: Any, **options: Any) -> None:
        done = sum(told(index.rebuild(), self.stderr, "post-mortems indexed"))
        self.stdout.write(f"{done} post-mortems are indexed.")
