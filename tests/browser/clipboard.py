"""The same story as Word and Google Docs put it on the clipboard, as text/html.

Written by hand in the shape that those programs make: their elements, classes, comments and
styles, shortened where they only repeat. `STORY` is what a story may keep of either.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

_PASTE = """(element, html) => {
    element.focus();
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/html", html);
    clipboardData.setData("text/plain", "the same as plain text");
    const options = { clipboardData, bubbles: true, cancelable: true };
    element.dispatchEvent(new ClipboardEvent("paste", options));
}"""


def paste(page: "Page", html: str, field: str = "body") -> str:
    """Paste into the editor of `field`, and return what the form would send."""
    value = page.locator(f"textarea[name={field}]")
    value.locator("xpath=..").locator("[role=textbox]").evaluate(_PASTE, html)
    return value.input_value()


STORY = (
    "<h2>Visit to Northport</h2>"
    "<p>The envoy met <strong>the mayor</strong> and <em>two ministers</em>; the"
    ' <a href="https://example.org/agenda?day=1&amp;lang=en">agenda</a> was public.</p>'
    "<h3>What was discussed</h3>"
    "<ul>"
    "<li><p>Ports</p>"
    "<ul><li><p>Dredging</p></li><li><p><strong>Customs</strong> checks</p></li></ul>"
    "</li>"
    "<li><p>Rail</p></li>"
    "</ul>"
    "<p>In this order:</p>"
    "<ol><li><p>Survey</p><ol><li><p>Tender</p></li></ol></li><li><p>Works</p></li></ol>"
    "<table><tbody>"
    "<tr><td><p><strong>Main outcome</strong></p></td>"
    "<td><p><strong>Necessary actions</strong></p></td></tr>"
    "<tr><td><p>A joint survey</p></td><td><p>Name two experts</p></td></tr>"
    "</tbody></table>"
    "<p>Emoji 🚢 and العربية stay.</p>"
)


def _word_item(text: str, marker: str, level: int, position: str, mso_list: str) -> str:
    """Return a list item as Word writes it: a paragraph with its marker as ignorable text."""
    font = "Symbol" if marker == "·" else "Aptos"
    return (
        f"<p class=MsoListParagraphCxSp{position} style='margin-left:{36 * level}.0pt;"
        f"mso-add-space:auto;\ntext-indent:-18.0pt;mso-list:{mso_list} level{level} lfo1'>"
        f"<![if !supportLists]><span\nlang=EN-GB style='font-family:{font};mso-fareast-font-family:"
        f"{font};mso-bidi-font-family:\n{font}'><span style='mso-list:Ignore'>{marker}<span\n"
        "style='font:7.0pt \"Times New Roman\"'>&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;&nbsp;\n"
        f"</span></span></span><![endif]><span lang=EN-GB>{text}<o:p></o:p></span></p>\n\n"
    )


def _word_cell(text: str) -> str:
    return (
        "<td width=301 valign=top style='width:225.4pt;border:solid windowtext 1.0pt;\n"
        "  mso-border-alt:solid windowtext .5pt;padding:0cm 5.4pt 0cm 5.4pt'>\n"
        "  <p class=MsoNormal style='margin-bottom:0cm;line-height:normal'>"
        f"<span lang=EN-GB>{text}<o:p></o:p></span></p>\n  </td>\n"
    )


WORD = (
    """<html xmlns:v="urn:schemas-microsoft-com:vml"
xmlns:o="urn:schemas-microsoft-com:office:office"
xmlns:w="urn:schemas-microsoft-com:office:word"
xmlns:m="http://schemas.microsoft.com/office/2004/12/omml"
xmlns="http://www.w3.org/TR/REC-html40">

<head>
<meta http-equiv=Content-Type content="text/html; charset=utf-8">
<meta name=ProgId content=Word.Document>
<meta name=Generator content="Microsoft Word 15">
<link rel=File-List href="file:///C:/Users/desk/AppData/Local/Temp/msohtmlclip1/01/clip_filelist.xml">
<!--[if gte mso 9]><xml>
 <o:OfficeDocumentSettings><o:AllowPNG/></o:OfficeDocumentSettings>
</xml><![endif]-->
<style>
<!--
 /* Style Definitions */
 p.MsoNormal, li.MsoNormal, div.MsoNormal
	{mso-style-qformat:yes; margin-bottom:8.0pt; font-family:"Aptos",sans-serif;}
h1	{mso-style-priority:9; font-size:20.0pt; color:#0F4761; font-weight:normal;}
@list l0
	{mso-list-id:1091898473; mso-list-type:hybrid;}
@list l0:level1
	{mso-level-number-format:bullet; mso-level-text:\\F0B7; font-family:Symbol;}
-->
</style>
<!--[if gte mso 10]>
<style>table.MsoNormalTable {mso-style-name:"Table Normal";}</style>
<![endif]-->
</head>

<body lang=EN-GB style='tab-interval:36.0pt;word-wrap:break-word'>
<!--StartFragment-->

<h1><a name="_Toc1"><span lang=EN-GB>Visit to Northport</span></a><span
lang=EN-GB><o:p></o:p></span></h1>

<p class=MsoNormal><span lang=EN-GB>The envoy met <b style='mso-bidi-font-weight:normal'>the
mayor</b> and <i>two ministers</i>; the <a
href="https://example.org/agenda?day=1&amp;lang=en"><span style='color:#467886'>agenda</span></a>
was public.<o:p></o:p></span></p>

<p class=MsoNormal><span lang=EN-GB><o:p>&nbsp;</o:p></span></p>

<h2><span lang=EN-GB>What was discussed<o:p></o:p></span></h2>

"""
    + _word_item("Ports", "·", 1, "First", "l0")
    + _word_item("Dredging", "o", 2, "Middle", "l0")
    + _word_item("<b>Customs</b> checks", "o", 2, "Middle", "l0")
    + _word_item("Rail", "·", 1, "Last", "l0")
    + "<p class=MsoNormal><span lang=EN-GB style='font-size:12.0pt;color:red'>In this order:"
    "<span style='mso-spacerun:yes'> </span><o:p></o:p></span></p>\n\n"
    + _word_item("Survey", "1.", 1, "First", "l1")
    + _word_item("Tender", "a.", 2, "Middle", "l1")
    + _word_item("Works", "2.", 1, "Last", "l1")
    + """<table class=MsoTableGrid border=1 cellspacing=0 cellpadding=0
 style='border-collapse:collapse;border:none;mso-border-alt:solid windowtext .5pt;
 mso-yfti-tbllook:1184;mso-padding-alt:0cm 5.4pt 0cm 5.4pt'>
 <tr style='mso-yfti-irow:0;mso-yfti-firstrow:yes'>
  """
    + _word_cell("<b>Main outcome</b>")
    + _word_cell("<b>Necessary actions</b>")
    + " </tr>\n <tr style='mso-yfti-irow:1;mso-yfti-lastrow:yes'>\n  "
    + _word_cell("A joint survey")
    + _word_cell("Name two experts")
    + """ </tr>
</table>

<p class=MsoNormal><font color="#0F4761"><span style='font-family:"Segoe UI Emoji"'>Emoji 🚢 and
<span dir=RTL lang=AR-SA>العربية</span> stay.</span></font><span class=MsoCommentReference><a
class=msocomanchor id="_anchor_1" href="#_msocom_1" name="_msoanchor_1">[D1]</a></span><del
cite="mailto:Desk" datetime="2025-01-28T09:00">Not to be read.</del><o:p></o:p></p>

<!--EndFragment-->
</body>

</html>
"""
)

_DOCS_FONT = (
    "font-size:11pt;font-family:Arial,sans-serif;color:#000000;background-color:transparent;"
    "font-variant:normal;vertical-align:baseline;white-space:pre;white-space:pre-wrap;"
)


def _docs(text: str, weight: int = 400, slope: str = "normal") -> str:
    """Return a run of text as Google Docs writes it: a span whose style says everything."""
    return (
        f'<span style="{_DOCS_FONT}font-weight:{weight};font-style:{slope};'
        f'text-decoration:none;">{text}</span>'
    )


def _docs_paragraph(content: str) -> str:
    return f'<p dir="ltr" style="line-height:1.38;margin-top:0pt;margin-bottom:0pt;">{content}</p>'


def _docs_item(content: str, level: int, kind: str) -> str:
    return (
        f'<li dir="ltr" style="list-style-type:{kind};{_DOCS_FONT}" aria-level="{level}">'
        '<p dir="ltr" style="line-height:1.38;margin-top:0pt;margin-bottom:0pt;" '
        f'role="presentation">{content}</p></li>'
    )


def _docs_list(tag: str, items: str) -> str:
    return f'<{tag} style="margin-top:0;margin-bottom:0;padding-inline-start:48px;">{items}</{tag}>'


def _docs_row(*cells: str) -> str:
    written = "".join(
        '<td style="border-left:solid #000000 1pt;vertical-align:top;padding:5pt 5pt 5pt 5pt;'
        f'overflow:hidden;overflow-wrap:break-word;">{_docs_paragraph(cell)}</td>'
        for cell in cells
    )
    return f'<tr style="height:0pt">{written}</tr>'


GOOGLE_DOCS = (
    "<meta charset='utf-8'><meta charset=\"utf-8\">"
    '<b style="font-weight:normal;" id="docs-internal-guid-0a1b2c3d-7fff-4e5f-8a9b-0c1d2e3f4a5b">'
    '<h1 dir="ltr" style="line-height:1.38;margin-top:20pt;margin-bottom:6pt;">'
    + _docs("Visit to Northport")
    + "</h1>"
    + _docs_paragraph(
        _docs("The envoy met ")
        + _docs("the mayor", weight=700)
        + _docs(" and ")
        + _docs("two ministers", slope="italic")
        + _docs("; the ")
        + '<a href="https://example.org/agenda?day=1&amp;lang=en" style="text-decoration:none;">'
        + f'<span style="{_DOCS_FONT}color:#1155cc;font-weight:400;text-decoration:underline;">'
        + "agenda</span></a>"
        + _docs(" was public.")
    )
    + "<br />"
    + '<h2 dir="ltr" style="line-height:1.38;margin-top:18pt;margin-bottom:6pt;">'
    + _docs("What was discussed")
    + "</h2>"
    + _docs_list(
        "ul",
        _docs_item(_docs("Ports"), 1, "disc")
        # A deeper list stands beside the item that it belongs to, not in it.
        + _docs_list(
            "ul",
            _docs_item(_docs("Dredging"), 2, "circle")
            + _docs_item(_docs("Customs", weight=700) + _docs(" checks"), 2, "circle"),
        )
        + _docs_item(_docs("Rail"), 1, "disc"),
    )
    + _docs_paragraph(_docs("In this order:"))
    + _docs_list(
        "ol",
        _docs_item(_docs("Survey"), 1, "decimal")
        + _docs_list("ol", _docs_item(_docs("Tender"), 2, "lower-alpha"))
        + _docs_item(_docs("Works"), 1, "decimal"),
    )
    + '<div dir="ltr" style="margin-left:0pt;" align="left">'
    + '<table style="border:none;border-collapse:collapse;table-layout:fixed;width:468pt">'
    + '<colgroup><col width="234" /><col width="234" /></colgroup><tbody>'
    + _docs_row(_docs("Main outcome", weight=700), _docs("Necessary actions", weight=700))
    + _docs_row(_docs("A joint survey"), _docs("Name two experts"))
    + "</tbody></table></div><br />"
    + _docs_paragraph(_docs("Emoji 🚢 and ") + _docs("العربية") + _docs(" stay."))
    + '</b><br class="Apple-interchange-newline">'
)
