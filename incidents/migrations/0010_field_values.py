import json

import django.db.models.deletion
from django.db import migrations, models

BATCH = 2_000
IN_WORDS = ("text", "person", "link")  # found by a part of them, so not by an index


def fill(apps, schema_editor):
    """Write the values of every incident that is here."""
    incident_model, row_model = apps.get_model("incidents", "Incident"), apps.get_model("incidents", "FieldValue")
    keys = set(apps.get_model("incidents", "CustomField").objects.exclude(kind__in=IN_WORDS).values_list("key", flat=True))
    rows = []
    for pk, values in incident_model.objects.exclude(field_values={}).order_by("pk").values_list("pk", "field_values").iterator(BATCH):
        for key in keys & set(values):
            each = values[key] if isinstance(values[key], list) else [values[key]]
            texts = dict.fromkeys((one if isinstance(one, str) else json.dumps(one))[:60] for one in each)
            rows += [row_model(incident_id=pk, key=key, value=text) for text in texts]
        if len(rows) >= BATCH:
            row_model.objects.bulk_create(rows, batch_size=BATCH)
            rows = []
    row_model.objects.bulk_create(rows, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0009_near_miss_fields"),
    ]

    operations = [
        migrations.CreateModel(
            name="FieldValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=40)),
                ("value", models.CharField(max_length=60)),
                ("incident", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="incidents.incident")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("key", "value", "incident"), name="field_value_once")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
