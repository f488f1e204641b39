"""The page as people see it: opened from a file, without a network, in a real browser."""

import re
from datetime import date

import luxembourg
import pytest

from sojourn.parameters import parameters
from sojourn.report import page as report

WIDE, PHONE, NARROW = {"width": 1440, "height": 900}, {"width": 390, "height": 844}, {"width": 320, "height": 640}
DAYS = 2
# The share of the canvas that is neither sea nor land nor a line of one pixel: what only cells can colour.
COLOURED = """() => {
  const canvas = document.getElementById('cells'), style = getComputedStyle(document.documentElement);
  const rgba = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const plain = ['sea', 'land', 'homeland'].map(n => style.getPropertyValue('--' + n).trim())
    .map(hex => [1, 3, 5].map(i => parseInt(hex.slice(i, i + 2), 16)));
  const far = (p, i) => Math.abs(p[0] - rgba[i]) + Math.abs(p[1] - rgba[i + 1]) + Math.abs(p[2] - rgba[i + 2]) > 8;
  let other = 0;
  for (let i = 0; i < rgba.length; i += 4) if (plain.every(p => far(p, i))) other++;
  return other / (rgba.length / 4);
}"""
PICTURE = "() => document.getElementById('cells').toDataURL()"
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"
SHOWN = "() => [document.getElementById('now-hour').textContent, document.getElementById('now-day').textContent]"
CONTRAST = """() => {
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = text => { const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(v => linear(v / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05; };
  const paper = light(getComputedStyle(document.documentElement).backgroundColor);
  const ratio = node => { const ink = light(getComputedStyle(node).color);
    return Math.max(ink, paper) / Math.min(ink, paper); };
  const texts = document.querySelectorAll('p, dt, dd, figcaption, h1, h2, nav a, .bars th, .bars td');
  return Math.min(...[...texts].map(ratio));
}"""


@pytest.fixture(scope="module")
def frames():
    return luxembourg.shown(luxembourg.frames(days=DAYS))


@pytest.fixture(scope="module")
def files(frames, tmp_path_factory):
    """The page of a lake, of an empty one, of a map without cells, and of a lake without ranges and a second year."""
    folder = tmp_path_factory.mktemp("report")
    conf = luxembourg.configuration(folder)
    rest = frames["population_map"][frames["population_map"]["cell"].isna()]
    pages = {"full": frames, "empty": {}, "placeless": frames | {"population_map": rest}}
    pages["old"] = {name: frame.drop(columns=["p05", "p95"], errors="ignore") for name, frame in frames.items()}
    pages["old"]["population_map"] = frames["population_map"]
    del pages["old"]["class_transition"]
    for name, tables in pages.items():
        (folder / f"{name}.html").write_text(report.html(tables, conf, parameters(conf)), "utf-8")
    return folder


@pytest.fixture
def opened(browser, files):
    """Opens a page; what it asks the network for and what it says on the console must be nothing."""
    said, contexts = [], []

    def opened(name="full", viewport=WIDE, **settings):
        context = browser.new_context(viewport=viewport, offline=True, **settings)
        contexts.append(context)
        view = context.new_page()
        view.on("console", lambda message: said.append(message.text))
        view.on("pageerror", lambda error: said.append(str(error)))
        url = (files / f"{name}.html").as_uri()
        view.on("request", lambda request: None if request.url == url else said.append(request.url))
        view.goto(url)
        return view

    yield opened
    for context in contexts:
        context.close()
    assert said == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_cells_are_drawn_at_once(opened, scheme):
    view = opened(color_scheme=scheme)
    assert view.evaluate(COLOURED) > 0.1
    assert view.title() == "Luxembourg, hour by hour"


def test_without_cells_there_are_lines_only(opened):
    """What the measure of the test before says where no cell is drawn."""
    view = opened("placeless")
    assert view.evaluate(COLOURED) < 0.04
    assert "Not on the map" in view.inner_text("#rest")


def test_the_slider_changes_the_picture(opened):
    view = opened()
    pictures, hours = {view.evaluate(PICTURE)}, {tuple(view.evaluate(SHOWN))}
    view.focus("#hour")
    for _ in range(4):
        view.keyboard.press("ArrowRight")
        pictures.add(view.evaluate(PICTURE))
        hours.add(tuple(view.evaluate(SHOWN)))
    assert len(pictures) == len(hours) == 5
    view.fill("#hour", "23")
    assert view.inner_text("#now-hour") == "23:00"


def test_it_plays_over_the_hours_into_the_next_day_and_pauses(opened):
    view = opened()
    view.click("#days label:first-of-type")
    day = view.evaluate(SHOWN)[1]
    view.fill("#hour", "22")
    before = view.evaluate(PICTURE)
    view.click("#play")
    assert view.get_attribute("#play", "aria-pressed") == "true"
    view.wait_for_function("day => document.getElementById('now-day').textContent !== day", arg=day, timeout=10_000)
    assert view.evaluate(PICTURE) != before
    view.click("#play")
    assert view.inner_text("#play-word") == "Play"
    at = view.evaluate(SHOWN)
    view.wait_for_timeout(900)
    assert view.evaluate(SHOWN) == at


@pytest.mark.parametrize("measure", ["visitors", "change"])
def test_another_measure_is_another_picture_with_its_own_scale(opened, measure):
    view = opened()
    before, scale = view.evaluate(PICTURE), view.inner_text("#legend")
    view.check(f"#measures input[value={measure}]", force=True)
    assert view.evaluate(PICTURE) != before
    assert view.inner_text("#legend") != scale


def test_nothing_has_changed_since_four_at_four(opened):
    view = opened()
    view.check("#measures input[value=change]", force=True)
    view.fill("#hour", "4")
    view.focus("#cells")
    view.keyboard.press("ArrowDown")
    assert "since 4:00\n−0" in view.inner_text("#tip")


def test_a_cell_tells_its_figures_to_keyboard_and_pointer(opened, frames):
    view = opened()
    view.focus("#cells")
    view.keyboard.press("ArrowRight")
    told = view.inner_text("#tip")
    rows = frames["population_map"]
    (row,) = rows[(rows["hour"] == 8) & (rows["date"] == luxembourg.LAST) & rows["h3"].isin(told.split())].to_dict(
        "records"
    )
    for figure in (f"{row['population']:,}", f"{row['p05']:,} – {row['p95']:,}", f"resolution {row['resolution']}"):
        assert figure in told
    assert f"status\n{row['obs_status']} " in told
    assert "visitors" in told
    names = {told.splitlines()[-1]}
    for key in ("ArrowRight", "ArrowUp", "ArrowLeft", "ArrowDown"):
        view.keyboard.press(key)
        names.add(view.inner_text("#tip .name"))
    assert len(names) >= 3
    view.keyboard.press("Escape")
    assert view.is_hidden("#tip")
    box = view.locator("#cells").bounding_box()
    view.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert "resolution" in view.inner_text("#tip")


def test_every_figure_is_there_with_its_months_and_measures(opened):
    view = opened()
    for figure in (
        "#flows-map svg",
        "#flows-bars .bar",
        "#flows-matrix td",
        "#homes-bars .part",
        "#stocks-country .part",
        "#stocks-zone .part",
        "#stocks-becoming td",
        "#migration-bars .part",
        "#migration-curve .dot.more",
        "#migration-matrix td",
        "#corridors-map circle",
        "#corridors-bars .bar",
        "#corridors-hours td",
        "#communities-map path",
        "#communities-list tr",
        "#quality-trends svg",
        "#quality-grid .mark.failed",
    ):
        assert view.locator(figure).count() > 0, figure
    first = view.inner_text("#flows-matrix")
    view.check("#flows-tools input[value='2026-04-01']", force=True)
    assert view.inner_text("#flows-matrix") != first
    assert "P provisional" in view.inner_text("#flows-lede")
    view.check("#flows-tools input[value=share]", force=True)
    assert "per 1,000 residents" in view.inner_text("#flows-matrix")
    abroad = view.inner_text("#stocks-country")
    view.check("#stocks-tools input[value=in]", force=True)
    assert view.inner_text("#stocks-country") != abroad
    visitors = view.locator("#stocks-zone .keys").inner_text()
    view.check("#stocks-tools input[value=yes]", force=True)
    assert "visitor" in view.locator("#stocks-zone .keys").inner_text()
    assert "visitor" not in visitors


def test_ranges_stand_with_persons_alone(opened, frames):
    view = opened()
    row = (
        frames["cross_border_flows"]
        .set_index(["month", "from_zone", "to_country"])
        .loc[date(2026, 3, 1), "LU-ES", "FR"]
    )
    said = f"Esch-sur-Alzette – France: {row['persons']:,.0f}, 90 % range {row['p05']:,.0f} to {row['p95']:,.0f}"
    assert view.locator(f'#flows-matrix td[title="{said}"]').count() == 1
    for section in ("flows", "homes", "stocks"):
        assert re.search(r"\([\d,]+ to [\d,]+\)", view.inner_text(f"#{section}-lede"))
        assert "In brackets" in view.inner_text(f"#{section}-lede")
    for bars in ("homes-bars", "stocks-zone"):
        assert "90 % range" in view.locator(f"#{bars} .part").first.text_content()
    assert "90 % range" not in view.locator("#flows-bars .part").first.text_content()  # a sum over zones
    view.check("#flows-tools input[value=trips]", force=True)
    assert view.locator('#flows-matrix td[title*="range"]').count() == 0


def test_definitions_stand_side_by_side_with_both_bounds(opened, frames):
    view = opened()
    moves = (
        frames["intl_migration_flow"].set_index(["definition_id", "country", "year", "month", "direction"]).sort_index()
    )
    low, high = moves.loc[("2021_majority", "PT", 2025, date(2026, 4, 1), "out"), "persons"].sort_values()
    assert view.locator(f'#migration-matrix td[title="Portugal – 2021 majority: {low:,.0f}–{high:,.0f}"]').count() == 1
    lede = view.inner_text("#migration-lede")
    assert re.match(
        r"In 2025, [\d,]+ to [\d,]+ persons with SIMs of Luxembourg moved .* silent since. P provisional", lede
    )
    view.check("#migration-tools input[value=in]", force=True)
    assert "changed to a SIM of Luxembourg" in view.inner_text("#migration-lede")
    assert view.inner_text("#migration-curve .range").startswith("1 month")
    view.check("#migration-tools input[value='2026']", force=True)
    assert "In 2026, " in view.inner_text("#migration-lede")


def test_what_became_of_a_class_follows_the_side_and_tells_how_many(opened, frames):
    view = opened()
    rows = frames["class_transition"].set_index(["class_from", "class_to", "home_country", "country"]).sort_index()
    mine = rows.loc["transnational", "absent", "LU", "*"]
    said = f"{100 * mine['probability']:.0f} %, {mine['devices']} devices, {mine['persons']:,.0f} persons"
    assert view.locator(f'#stocks-becoming td[title="transnational – absent: {said}"]').count() == 1
    ours = view.inner_text("#stocks-becoming")
    assert "of the transnationals of one year were so again in the next" in ours
    view.check("#stocks-tools input[value=in]", force=True)
    assert view.inner_text("#stocks-becoming") != ours


def test_a_lake_of_a_release_before_has_no_ranges_and_the_same_page(opened):
    view = opened("old")
    assert view.locator("#flows-matrix td").count() > 0
    assert view.is_hidden("#stocks-becoming")
    for section in ("flows", "homes", "stocks"):
        assert not re.search(r"90 % range|In brackets|NaN|undefined", view.inner_html(f"#{section}"))


@pytest.mark.parametrize("viewport", [WIDE, PHONE, NARROW])
@pytest.mark.parametrize("name", ["full", "empty"])
def test_nothing_is_wider_than_the_window(opened, viewport, name):
    view = opened(name, viewport, has_touch=True, device_scale_factor=2)
    assert view.evaluate(OVERFLOW) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_the_paper(opened, scheme):
    assert opened(color_scheme=scheme).evaluate(CONTRAST) >= 4.5


def test_the_colours_follow_the_device(opened):
    view = opened(color_scheme="light")
    before = view.evaluate(PICTURE)
    view.emulate_media(color_scheme="dark")
    view.wait_for_function("before => document.getElementById('cells').toDataURL() !== before", arg=before)
    assert view.locator("#stocks-tools fieldset").count() == 2  # drawn anew, not twice


def test_an_empty_lake_is_a_page_of_sentences(opened):
    view = opened("empty")
    for section in ("map", "flows", "homes", "stocks", "migration", "corridors", "communities", "quality"):
        assert view.inner_text(f"#{section}-lede").rstrip(".").count(" yet") == 1
    assert view.locator("canvas, svg").count() == 0


def test_it_prints_without_its_controls(opened):
    view = opened()
    view.emulate_media(media="print")
    assert view.is_hidden("#play")
    assert view.is_visible("#cells")
