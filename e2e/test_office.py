"""Olga uses the office on a desktop."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def olga(desk, sign_in):
    sign_in(desk, "olga@sparkle.example", door="office")
    return desk


def test_olga_reads_the_dashboard_and_every_kind_of_page(olga, demo, axe):
    axe(olga)
    for room in ("customers", "quotes", "invoices", "payments", "schedule", "activity"):
        olga.goto(demo["office"] + room)
        axe(olga)
    olga.goto(demo["office"] + "customers")
    olga.get_by_role("link", name="Ana Ruiz").first.click()
    expect(olga.get_by_text("ana@example.com").first).to_be_visible()
    axe(olga)
    for path in (
        "quotes/1",
        "quotes/4",
        "quotes/5",
        "invoices/1",
        "invoices/79",
        "schedule/1",
        "payments/of-invoice/79",
    ):
        olga.goto(demo["office"] + path)
        axe(olga)


def test_theo_sees_his_own_work_and_no_money(phone, demo, sign_in, axe):
    sign_in(phone, "theo@sparkle.example", door="office")
    navigation = phone.get_by_role("navigation", name="Main")
    expect(navigation.get_by_role("link")).to_have_text(["Today", "Schedule", "Your hours"])
    for room in ("", "schedule", "schedule/1", "customers/1"):
        phone.goto(demo["office"] + room)
        expect(phone.locator("main")).not_to_contain_text("$")
        axe(phone)


def test_ana_is_signed_out_in_the_office_and_olga_in_the_portal(olga, phone, demo, sign_in):
    olga.goto(demo["portal"])
    expect(olga.get_by_label("Email")).to_be_visible()
    sign_in(phone, "ana@example.com")
    phone.goto(demo["office"])
    expect(phone.get_by_label("Email")).to_be_visible()
