"""Pure. The rows of a report's tables, and the lines of its keys: what each adds."""

from __future__ import annotations

from dataclasses import replace

from incidents.lib.zones import zone_named
from incidents.sources.text import beside, shapes
from incidents.sources.text import lead as leads
from incidents.sources.text.labels import label_of, span
from incidents.sources.text.setting import dated
from incidents.sources.text.stand import Stand
from incidents.sources.text.stated_zone import headed_zone, zone_in


class Rows(Stand):
    """Each method takes the line and returns True, or leaves it to others."""

    def row_goes_on(self, line: str) -> bool:
        if not self.open_row or self.current is None:
            return False
        row = shapes.row_lead(shapes.cells_of(line), self.columns) if line.lstrip().startswith("|") else None
        if row is None and not shapes.ALL_TIMES.match(line):
            self.append(line)
            return True
        self.current.text = shapes.once(self.current.text)
        self.open_row = row is not None
        return False

    def row(self, offset: int, line: str) -> bool:
        in_table = self.columns or line.lstrip().startswith("|") or ("|" in (following := self.following(offset)) and shapes.RULE.match(following))
        if not (in_table and line.count("|") >= (1 if self.columns else 2)):
            return False
        cells = shapes.cells_of(line)
        if shapes.RULE.match(line):
            return True
        if header := shapes.columns_of(cells):
            self.columns = header
            stated = zone_in(" ".join(f"({cell})" if zone_named(cell) else cell for cell in cells))
            self.zone = stated or headed_zone(cells[header.get("time", 0)]) or self.zone
            return True
        if "example" in self.columns:
            return True
        self.close()
        if not self.columns and sum(map(bool, cells)) == 2 and len(cells) == 2 and (shapes.PLANNED.match(cells[0]) or self.labelled(offset, ": ".join(cells))):
            return True
        if row := shapes.row_lead(cells, self.columns) or (shapes.day_row(cells, self.columns) if self.listed else None):
            lead, rest = row
            entry = self.open(offset, lead, rest)
            entry.actor = cells[self.columns["actor"]].strip("*_") if self.columns.get("actor", len(cells)) < len(cells) else ""
            self.below = not rest  # the text follows below, as in exported status pages
            self.open_row = not rest and bool(self.columns)
            if rest:
                self.close()
        elif (at := next((at for cell in cells if (at := leads.read(cell))), None)) and at.date and len(at.rest) < 12 and sum(map(bool, cells)) == 1:
            self.day = dated(at.date, self.state.day_first, self.day or self.state.near) or self.day  # a row for the day alone
            self.block += 1
        return True

    def labelled(self, offset: int, line: str) -> bool:
        found = label_of(line)
        if found is None:
            return False
        self.close()
        if found[0][1] in {"impact_started", "resolved"} and beside.is_planned(self.document.lines, offset):
            return True
        label, lead = found
        made = self.open(offset, lead, line.strip(" *-•#|\t"), keep_day=True)
        made.label = label
        if lead.end and label[1] == "impact_started":
            words = made.text
            first, *ends = span(made, "the impact")
            self.done += [replace(first, text=words), *ends]
            self.current = None
        self.close()
        return True
