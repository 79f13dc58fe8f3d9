import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Tables, constraints and indexes get the names that the code has for them now."""

    dependencies = [
        ("articles", "0016_totals_of_a_kind_together"),
        ("engagements", "0013_visit_place"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameModel("Step", "AuditEntry"),
        migrations.RenameModel("Look", "ReadMarker"),
        migrations.RenameModel("OverdueTold", "OverdueNotice"),
        migrations.RenameModel("NotTheSame", "DistinctPair"),
        migrations.RenameModel("NewsEntry", "FeedEntry"),
        migrations.AlterModelOptions(
            name='auditentry',
            options={'ordering': ['article', '-pk'], 'verbose_name': 'audit entry', 'verbose_name_plural': 'audit entries'},
        ),
        migrations.AlterModelOptions(
            name='distinctpair',
            options={'ordering': ['kind', 'first', 'second'], 'verbose_name': 'pair of distinct entries', 'verbose_name_plural': 'pairs of distinct entries'},
        ),
        migrations.AlterModelOptions(
            name='overduenotice',
            options={'ordering': ['action', 'pk'], 'verbose_name': 'notice of an overdue action', 'verbose_name_plural': 'notices of overdue actions'},
        ),
        migrations.AlterModelOptions(
            name='readmarker',
            options={'ordering': ['article', 'pk'], 'verbose_name': 'read marker', 'verbose_name_plural': 'read markers'},
        ),
        migrations.RemoveConstraint(
            model_name='auditentry',
            name='step_says_why',
        ),
        migrations.RemoveConstraint(
            model_name='auditentry',
            name='step_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='distinctpair',
            name='notthesame_once',
        ),
        migrations.RemoveConstraint(
            model_name='distinctpair',
            name='notthesame_in_order',
        ),
        migrations.RemoveConstraint(
            model_name='distinctpair',
            name='notthesame_kind_known',
        ),
        migrations.RemoveConstraint(
            model_name='feedentry',
            name='newsentry_unique',
        ),
        migrations.RemoveConstraint(
            model_name='overduenotice',
            name='overduetold_once',
        ),
        migrations.RemoveConstraint(
            model_name='readmarker',
            name='look_one_a_person',
        ),
        migrations.RenameIndex(
            model_name='feedentry',
            new_name='feedentry_in_order',
            old_name='newsentry_in_order',
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='article',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='audit_entries', to='articles.article', verbose_name='article'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='edition',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='audit_entries', to='articles.edition', verbose_name='edition'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='kind',
            field=models.CharField(choices=[('submitted', 'sent for review'), ('recalled', 'taken back from review'), ('returned', 'returned'), ('approved', 'approved'), ('forced', 'published without a second person'), ('confirmed', 'approved afterwards'), ('unscheduled', 'taken off the schedule'), ('rescheduled', 'moved to another time'), ('reassigned', 'given to another writer'), ('withdrawn', 'withdrawn'), ('reinstated', 'reinstated')], max_length=12, verbose_name='transition'),
        ),
        migrations.AlterField(
            model_name='readmarker',
            name='article',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='read_markers', to='articles.article'),
        ),
        migrations.AddConstraint(
            model_name='auditentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['submitted', 'recalled', 'returned', 'approved', 'forced', 'confirmed', 'unscheduled', 'rescheduled', 'reassigned', 'withdrawn', 'reinstated'])), name='auditentry_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='auditentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['returned', 'forced', 'withdrawn']), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='auditentry_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='distinctpair',
            constraint=models.UniqueConstraint(fields=('kind', 'first', 'second'), name='distinctpair_once'),
        ),
        migrations.AddConstraint(
            model_name='distinctpair',
            constraint=models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='distinctpair_in_order'),
        ),
        migrations.AddConstraint(
            model_name='distinctpair',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['person', 'organisation'])), name='distinctpair_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='feedentry',
            constraint=models.UniqueConstraint(fields=('edition', 'engagement', 'kind', 'subject'), name='feedentry_unique'),
        ),
        migrations.AddConstraint(
            model_name='overduenotice',
            constraint=models.UniqueConstraint(fields=('action', 'due_date'), name='overduenotice_once'),
        ),
        migrations.AddConstraint(
            model_name='readmarker',
            constraint=models.UniqueConstraint(fields=('person', 'article'), name='readmarker_one_a_person'),
        ),
        migrations.AlterField(
            model_name='article',
            name='review_on',
            field=models.DateField(blank=True, help_text='When somebody should read it again. From that day on Clean-up lists it.', null=True, verbose_name='revisit by'),
        ),
        migrations.AlterField(
            model_name='noticesettings',
            name='overdue',
            field=models.BooleanField(default=True, help_text='Of a visit that you wrote about; a desk head hears of all.', verbose_name='A commitment is overdue'),
        ),
        migrations.AlterField(
            model_name='noticesettings',
            name='published',
            field=models.BooleanField(default=True, help_text='At publication, also if it was scheduled.', verbose_name='Your article was published'),
        ),
        migrations.AlterField(
            model_name='noticesettings',
            name='returned',
            field=models.BooleanField(default=True, verbose_name='Your article was returned'),
        ),
        migrations.AlterField(
            model_name='noticesettings',
            name='review_requested',
            field=models.BooleanField(default=True, help_text='Or that of all approvers, if nobody was chosen.', verbose_name='Your review is requested'),
        ),
    ]
