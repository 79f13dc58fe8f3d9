from django.db import migrations, models
import django.db.models.deletion


class Migration(migrations.Migration):
    dependencies = [("articles", "0018_totals_by_month")]

    operations = [
        migrations.RemoveConstraint("figure", "figure_unique"),
        migrations.RenameModel("Figure", "StoryPicture"),
        migrations.AlterModelOptions(
            "storypicture",
            {"verbose_name": "picture in a story", "verbose_name_plural": "pictures in stories"},
        ),
        migrations.AlterField(
            "storypicture",
            "edition",
            models.ForeignKey(
                "articles.edition",
                django.db.models.deletion.CASCADE,
                related_name="story_pictures",
            ),
        ),
        migrations.AlterField(
            "storypicture",
            "picture",
            models.ForeignKey(
                "articles.picture",
                django.db.models.deletion.PROTECT,
                related_name="story_pictures",
            ),
        ),
        migrations.AddConstraint(
            "storypicture",
            models.UniqueConstraint(fields=("edition", "picture"), name="story_picture_unique"),
        ),
    ]
