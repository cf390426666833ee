"""What templates say becomes version 1 of each. Texts that are those of the release before are known to be nobody's own."""

import hashlib
import json

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

#: SHA-256 of the built-in templates as the release before wrote them.
SHIPPED = {
    "standard_blameless": "f5e26643de5e07c0f0b7bcc55b4a42ab423452ab0e9297ba0c8b892e159aa0f7",
    "sre_style": "9bf5190cd898c37f3bb1b80b74b1fb7b4c8c31c9dcde712b4cd69b2e272d2c0e",
    "learning_review": "6d1240781b2bdd73620762973702d9040da7dce341061c11348dc9d9c990becc",
    "customer_summary": "31c285acee18dfcaaff6bdb621e7f64b5736d9af4726a395b83b0b54bcbce49d",
    "security_incident": "881012dda4016176372e0fa24eba3886ff4dd1ea36406f79483cb7daf1904cd9",
    "near_miss": "4bcea87c442ac81d0c480715036868c7114d22e6515498124952ea605afc9b93",
    "quick_retro": "1329c94fae9464070a8be275cf0a9d33421523c0c7deac8c5e5a3eadc924e066",
    "coe_style": "33727c4eb18c6fbe4adacbfd5f482374a23587214fdcffac53b44f96f0d1a732",
}
DEPTHS = {"standard_blameless": "standard", "learning_review": "deep", "quick_retro": "light"}
RULES = {
    "security_incident": ("Security incidents", 10, "security, breach, data-exposure, leaked-credential"),
    "near_miss": ("Near misses and good catches", 20, "near-miss, good-catch"),
}


def lines(text):
    return [" ".join(line.split()) for line in text.splitlines() if line.strip()]


def content_of(template):
    sections = [
        {
            "key": row.key,
            "title": row.title,
            "kind": row.kind,
            "guidance": row.guidance.strip(),
            "prompts": lines(row.prompts),
            "fields": lines(row.fields),
            "minimum": row.minimum,
            "required": row.required,
            "audience": row.audience,
            "starting_text": row.starting_text.strip(),
        }
        for row in template.sections.order_by("position", "pk")
    ]
    own = ("key", "name", "use_when", "audience_note", "effort_hours", "meeting_minutes", "lint_profile")
    return {**{name: getattr(template, name) for name in own}, "depth": "", "sections": sections}


def digest(content):
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def keep_first_versions(apps, schema_editor):
    model = apps.get_model("postmortems", "RetrospectiveTemplate")
    for template in model.objects.all():
        content = content_of(template)
        is_shipped = SHIPPED.get(template.key) == digest(content)
        depth = DEPTHS.get(template.key, "")
        origin = "builtin" if is_shipped else "edited"
        apps.get_model("postmortems", "TemplateVersion").objects.create(template=template, number=1, content={**content, "depth": depth}, origin=origin)
        model.objects.filter(pk=template.pk).update(version=1, depth=depth, builtin_version=int(template.key in SHIPPED))
        if template.key in RULES:
            name, priority, tags = RULES[template.key]
            rule = apps.get_model("postmortems", "TemplateRule").objects.create(name=name, priority=priority, template=template)
            apps.get_model("postmortems", "RuleCondition").objects.create(rule=rule, field="tag", operator="any_of", value=tags)


class Migration(migrations.Migration):

    dependencies = [
        ('incidents', '0006_shown_kinds'),
        ("postmortems", "0009_process"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='LearningQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=40, unique=True)),
                ('text', models.CharField(help_text='What is ticked, such as “people were surprised by how the system behaves”.', max_length=200)),
                ('ticked_for_tags', models.CharField(blank=True, help_text='Tags, separated by commas: with one of them it is ticked to begin with.', max_length=300)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('is_active', models.BooleanField(default=True)),
            ],
            options={
                'ordering': ['position', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='postmortem',
            name='template_version',
            field=models.PositiveIntegerField(blank=True, help_text='The version it follows; not known of those started before there were any.', null=True),
        ),
        migrations.AddField(
            model_name='retrospectivetemplate',
            name='builtin_version',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='The built-in text that was last taken over or declined.'),
        ),
        migrations.AddField(
            model_name='retrospectivetemplate',
            name='depth',
            field=models.CharField(blank=True, choices=[('light', 'Light'), ('standard', 'Standard'), ('deep', 'Deep')], help_text='The one to suggest for this depth where no rule says more. Empty: only by a rule or by hand.', max_length=20),
        ),
        migrations.AddField(
            model_name='retrospectivetemplate',
            name='version',
            field=models.PositiveIntegerField(default=0, editable=False, help_text='The number of its newest version.'),
        ),
        migrations.CreateModel(
            name='LearningAssessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('ticks', models.JSONField(blank=True, help_text='Keys of the lines that people ticked; null while nobody answered.', null=True)),
                ('by_itself', models.JSONField(blank=True, default=list, help_text='Keys that the timeline suggested when it was answered, ticked or not.')),
                ('depth', models.CharField(choices=[('light', 'Light'), ('standard', 'Standard'), ('deep', 'Deep')], help_text='What the answers suggest, with what the severity asks for.', max_length=20)),
                ('decision', models.CharField(choices=[('open', 'Not decided'), ('review', 'Review'), ('none', 'No review')], default='open', max_length=10)),
                ('reason', models.CharField(blank=True, help_text='Why there is no review.', max_length=500)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('incident', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='incidents.incident')),
                ('updated_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ReviewRequirement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('depth', models.CharField(blank=True, choices=[('light', 'Light'), ('standard', 'Standard'), ('deep', 'Deep')], help_text='At least so deep. Empty: nothing is mandatory.', max_length=20)),
                ('severity', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='incidents.severity')),
            ],
            options={
                'ordering': ['severity__rank'],
            },
        ),
        migrations.CreateModel(
            name='TemplateRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Shown beside the suggestion: “Security incidents”.', max_length=100)),
                ('priority', models.PositiveSmallIntegerField(default=10, help_text='1 is asked first.')),
                ('match', models.CharField(choices=[('all', 'all of the conditions hold (and)'), ('any', 'any of the conditions holds (or)')], default='all', max_length=3, verbose_name='when')),
                ('is_active', models.BooleanField(default=True, help_text='Switched off it is tried in the dry run only.')),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rules', to='postmortems.retrospectivetemplate')),
            ],
            options={
                'ordering': ['priority', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='RuleCondition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('field', models.CharField(choices=[('severity', 'Severity'), ('service', 'Service'), ('team', 'Team'), ('tag', 'Tag'), ('title', 'Title'), ('learning', 'Learning value'), ('tick', 'Ticked')], max_length=20)),
                ('operator', models.CharField(choices=[('is', 'is'), ('is_not', 'is not'), ('any_of', 'is one of'), ('contains', 'contains'), ('lacks', 'does not contain'), ('starts', 'starts with')], default='is', max_length=20)),
                ('value', models.CharField(help_text='For “is one of”: separated by commas.', max_length=300)),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='conditions', to='postmortems.templaterule')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='TemplateVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('content', models.JSONField(help_text='As template_content.py has it.')),
                ('origin', models.CharField(choices=[('builtin', 'Built in'), ('edited', 'Edited'), ('imported', 'Imported')], default='edited', max_length=10)),
                ('changed', models.CharField(blank=True, help_text='What is different from the version before.', max_length=300)),
                ('note', models.CharField(blank=True, help_text='Why, in the words of who changed it.', max_length=300)),
                ('saved_at', models.DateTimeField(auto_now_add=True)),
                ('saved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('template', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='postmortems.retrospectivetemplate')),
            ],
            options={
                'ordering': ['-number'],
                'constraints': [models.UniqueConstraint(fields=('template', 'number'), name='template_version_once')],
            },
        ),
        migrations.AlterModelOptions(
            name='retrospectivetemplate',
            options={'ordering': ['position', 'name'], 'verbose_name': 'template'},
        ),
        migrations.RunPython(keep_first_versions, migrations.RunPython.noop),
    ]
