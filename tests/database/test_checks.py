"""CHECK constraints for what the code assumes: known values, numbers in range, times in order."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import CheckConstraint, insert, inspect, literal, select, update
from sqlalchemy.exc import IntegrityError

from sergio.booking.calendars import BusyTime
from sergio.booking.holds import BookingHold
from sergio.booking.models import Appointment
from sergio.companies.models import TEST_NUMBERS
from sergio.database.append_only import TABLES
from sergio.extensions import db
from sergio.staff.models import TimeOff
from tests.full import counts, fill_every_table

REFUSED = {
    "ck_appointment_all_of_what_is_wanted": {"wanted_free_at": datetime(2026, 11, 23, tzinfo=UTC)},
    "ck_appointment_area": {"area": "in"},
    "ck_appointment_approval": {"approval": "perhaps"},
    "ck_appointment_in_order": {"ends_at": Appointment.starts_at},
    "ck_appointment_number": {"number": 0},
    "ck_quote_attachment_media_type": {"media_type": "text/html"},
    "ck_quote_attachment_size": {"size": 0},
    "ck_appointment_photo_kind": {"kind": "during"},
    "ck_appointment_photo_of_one": {"appointment_id": None},
    "ck_appointment_photo_by_staff_or_a_customer": {"staff_id": None},
    "ck_appointment_guarantee_deposit_has_an_invoice": {"kind": "deposit", "invoice_id": None},
    "ck_appointment_guarantee_given_or_ended": {
        "given_at": datetime(2026, 11, 23, tzinfo=UTC),
        "ended_at": datetime(2026, 11, 23, tzinfo=UTC),
    },
    "ck_appointment_guarantee_kind": {"kind": "a promise"},
    "ck_service_deposit": {"deposit": 0, "guarantee": "deposit"},
    "ck_service_deposit_with_an_amount": {"deposit": 100, "guarantee": ""},
    "ck_service_guarantee": {"guarantee": "a promise"},
    "ck_appointment_slice_held_until_then": {"held_until": datetime(2026, 11, 23, tzinfo=UTC)},
    "ck_appointment_slice_taken_by_one": {"appointment_id": None},
    "ck_booking_hold_in_order": {"free_at": BookingHold.starts_at},
    "ck_booking_hold_of_one": {"contact_id": None, "property_id": None},
    "ck_booking_hold_place_of_a_contact": {"property_id": None},
    "ck_appointment_reminder_kind": {"kind": "late"},
    "ck_appointment_series_minute": {"minute": 1440},
    "ck_appointment_series_minutes": {"minutes": 0},
    "ck_appointment_series_weeks": {"weeks": 3},
    "ck_appointment_step_kind": {"kind": "lost"},
    "ck_appointment_step_minutes": {"minutes": 0},
    "ck_auto_pay_cap": {"cap": 0},
    "ck_auto_pay_charge_amount": {"amount": 0},
    "ck_auto_pay_charge_sent_with_an_attempt": {"sent_at": datetime(2026, 11, 23, tzinfo=UTC), "attempt_id": None},
    "ck_auto_pay_charge_status": {"status": "limbo"},
    "ck_auto_pay_charge_tries": {"tries": 4},
    "ck_auto_pay_currency": {"currency": "eur"},
    "ck_auto_pay_notice_days": {"notice_days": -1},
    "ck_busy_time_in_order": {"ends_at": BusyTime.starts_at},
    "ck_other_calendar_error": {"error": "moody"},
    "ck_company_accepts_cards_or_bank_debits": {"accepts_cards": False, "accepts_bank_debits": False},
    "ck_company_cancel_minutes": {"cancel_minutes": -1},
    "ck_company_country": {"country": "us"},
    "ck_company_currency": {"currency": "usd"},
    "ck_company_horizon_days": {"horizon_days": 0},
    "ck_company_lead_minutes": {"lead_minutes": -1},
    "ck_company_most_bookings": {"most_bookings": 0},
    "ck_company_part_payment_minimum": {"part_payment_minimum": -1},
    "ck_company_payment_days": {"payment_days": -1},
    "ck_company_plan": {"plan": "gold"},
    "ck_company_quiet_from": {"quiet_from": 24},
    "ck_company_quiet_until": {"quiet_until": -1},
    "ck_company_quote_days": {"quote_days": -1},
    "ck_company_quote_deposit_rate": {"quote_deposit_rate": 10_001},
    "ck_company_quote_reminder_after": {"quote_reminder_after": 0},
    "ck_company_quote_reminder_before": {"quote_reminder_before": 0},
    "ck_company_receipts_to": {"receipts_to": "nobody"},
    "ck_company_reschedule_minutes": {"reschedule_minutes": -1},
    "ck_company_tax_ppm": {"tax_ppm": -1},
    "ck_company_slot_minutes": {"slot_minutes": 20},
    "ck_address_change_outcome": {"outcome": "perhaps"},
    "ck_contact_daily_limit": {"role": "limited", "daily_limit": 0, "limit_currency": "USD"},
    "ck_contact_limit_has_a_currency": {"limit_currency": "USD"},
    "ck_contact_limited_has_a_limit": {"daily_limit": 1, "limit_currency": "USD"},
    "ck_contact_role": {"role": "owner"},
    "ck_customer_merged_is_archived": {"merged_into_id": 1},
    "ck_customer_payment_days": {"payment_days": -1},
    "ck_customer_number": {"number": 0},
    "ck_customer_test_numbers": {"number": TEST_NUMBERS + 1},
    "ck_dispute_amount": {"amount": -1},
    "ck_invitation_outcome_outcome": {"outcome": "lost"},
    "ck_invitation_run_ended": {"ended": "badly"},
    "ck_invitation_run_number": {"number": 0},
    "ck_invitation_run_who": {"who": "nobody"},
    "ck_invoice_currency": {"currency": "$"},
    "ck_invoice_issued_with_a_number": {"issued_on": None},
    "ck_invoice_email_kind": {"kind": "letter"},
    "ck_invoice_number": {"number": 0},
    "ck_invoice_part_of_a_quote": {"quote_part": "rest", "quote_id": None},
    "ck_invoice_quote_part": {"quote_part": "half", "quote_id": 1},
    "ck_invoice_payment_days": {"payment_days": -1},
    "ck_invoice_status": {"status": "draft"},
    "ck_invoice_version": {"version": 0},
    "ck_invoice_line_discount": {"discount": -1},
    "ck_invoice_line_discount_rate": {"discount_rate": 10_001},
    "ck_invoice_line_one_discount": {"discount_rate": 1000, "discount": 100},
    "ck_invoice_line_tax_ppm": {"tax_ppm": -1},
    "ck_ledger_entry_kind": {"kind": "gift"},
    "ck_ledger_entry_undone_payment_has_a_number": {"kind": "payment", "amount": 1, "payment_number": None},
    "ck_magic_link_audience": {"audience": "roof"},
    "ck_number_series_last": {"last": 0},
    "ck_payment_amount": {"amount": 0},
    "ck_payment_currency": {"currency": ""},
    "ck_payment_method": {"method": "gold"},
    "ck_payment_number": {"number": 0},
    "ck_pay_lock_cards": {"cards": -1},
    "ck_pay_lock_declines": {"declines": 0},
    "ck_pay_lock_in_order": {"ends_at": datetime(2000, 1, 1, tzinfo=UTC)},
    "ck_pay_lock_of_somebody": {"network": "", "contact_id": None},
    "ck_pay_lock_reason": {"reason": "a feeling"},
    "ck_payment_try_kind": {"kind": "thought"},
    "ck_payment_attempt_amount": {"amount": 0},
    "ck_payment_attempt_currency": {"currency": "eur"},
    "ck_payment_attempt_bank_accounts_pay_dollars": {"method": "us_bank_account", "currency": "EUR"},
    "ck_payment_attempt_method": {"method": "gold"},
    "ck_payment_attempt_off_session_needs_a_saved_method": {"off_session": True},
    "ck_payment_attempt_processing_since": {"status": "processing"},
    "ck_payment_attempt_somebody_pays_or_off_session": {"contact_id": None},
    "ck_payment_attempt_started_by_kind": {"started_by_kind": "ghost"},
    "ck_payment_attempt_status": {"status": "limbo"},
    "ck_payment_attempt_part_amount": {"amount": 0},
    "ck_payment_attempt_part_invoice_version": {"invoice_version": 0},
    "ck_property_number": {"number": 0},
    "ck_price_list_item_currency": {"currency": "usd"},
    "ck_price_list_item_number": {"number": 0},
    "ck_price_list_item_tax_ppm": {"tax_ppm": 1_000_001},
    "ck_price_list_item_unit_price": {"unit_price": -1},
    "ck_quote_currency": {"currency": "US"},
    "ck_quote_deposit": {"deposit": -1},
    "ck_quote_deposit_rate": {"deposit_rate": 10_001},
    "ck_quote_number": {"number": 0},
    "ck_customer_import_matches": {"matches": "guess"},
    "ck_customer_import_number": {"number": 0},
    "ck_customer_import_status": {"status": "limbo"},
    "ck_import_line_action": {"action": "dance"},
    "ck_import_line_undone": {"undone": "perhaps"},
    "ck_quote_one_deposit": {"deposit_rate": 1000, "deposit": 100},
    "ck_quote_open_until_a_day": {"outcome": "sent", "open_until": None},
    "ck_quote_outcome": {"outcome": "perhaps", "open_until": None},
    "ck_quote_version": {"version": -1},
    "ck_quote_version_currency": {"currency": "$"},
    "ck_quote_version_version": {"version": 0},
    "ck_audit_entry_actor_kind": {"actor_kind": "ghost"},
    "ck_quote_line_discount": {"discount": -1},
    "ck_quote_line_discount_rate": {"discount_rate": 10_001},
    "ck_quote_line_one_discount": {"discount_rate": 1000, "discount": 100},
    "ck_quote_line_packages_are_whole": {"package_id": 1, "optional": True},
    "ck_quote_line_tax_ppm": {"tax_ppm": -1},
    "ck_quote_look_version": {"version": 0},
    "ck_quote_reminder_kind": {"kind": "angry"},
    "ck_quote_reminder_version": {"version": 0},
    "ck_quote_reply_version": {"version": 0},
    "ck_quote_acceptance_version": {"version": 0},
    "ck_quote_decline_version": {"version": 0},
    "ck_quote_change_request_version": {"version": 0},
    "ck_refund_amount": {"amount": -1},
    "ck_moved_credit_amount": {"amount": 0},
    "ck_moved_credit_between_two": {"source_id": 1, "target_id": 1},
    "ck_moved_credit_currency": {"currency": "usd"},
    "ck_refund_request_amount": {"amount": 0},
    "ck_refund_request_by_hand_or_through_stripe": {"attempt_id": 1},
    "ck_refund_request_by_kind": {"by_kind": "ghost"},
    "ck_refund_request_currency": {"currency": "usd"},
    "ck_refund_request_given_back_by_a_method": {"method": ""},
    "ck_refund_request_method": {"method": "gold"},
    "ck_refund_request_reason": {"reason": "a whim"},
    "ck_refund_request_status": {"status": "limbo", "attempt_id": 1, "method": ""},
    "ck_saved_method_method": {"method": "gold"},
    "ck_service_archived_is_not_bookable": {"archived_at": datetime(2026, 11, 23, tzinfo=UTC), "bookable": True},
    "ck_service_buffer_minutes": {"buffer_minutes": -1},
    "ck_service_fixed_has_a_price": {"price": None, "price_is_fixed": True},
    "ck_service_lead_minutes": {"lead_minutes": -1},
    "ck_service_minutes": {"minutes": 0},
    "ck_service_number": {"number": 0},
    "ck_service_price": {"price": -1},
    "ck_service_question_kind": {"kind": "riddle"},
    "ck_document_link_kind": {"kind": "photo"},
    "ck_sign_in_way": {"way": "door"},
    "ck_sign_in_one_person": {"contact_id": 1, "staff_id": 1},
    "ck_staff_member_role": {"role": "queen"},
    "ck_service_area_last_shape": {"last_shape": -1},
    "ck_service_area_radius": {"radius": 0},
    "ck_service_area_travel_minutes": {"travel_minutes": -1},
    "ck_service_area_travel_speed": {"travel_speed": 0},
    "ck_service_area_unit": {"unit": "ft"},
    "ck_stripe_connection_dashboard": {"dashboard": "half"},
    "ck_subscription_amount": {"amount": 0},
    "ck_subscription_currency": {"currency": "usd"},
    "ck_subscription_plan": {"plan": "free"},
    "ck_subscription_status": {"status": "limbo"},
    "ck_subscription_invoice_currency": {"currency": "$"},
    "ck_time_off_starts_first": {"ends_at": TimeOff.starts_at},
    "ck_waitlist_entry_outcome": {"outcome": "lost"},
    "ck_waitlist_entry_day_part": {"day_part": "night"},
    "ck_working_hours_weekday": {"weekday": 7},
    "ck_working_hours_within_a_day": {"closes": 24 * 60 + 1},
}
"""Of every check, values it must refuse."""


def checks() -> dict:
    """Every check of the models, with its table, by name."""
    every = [constraint for table in db.metadata.sorted_tables for constraint in table.constraints]
    return {str(check.name): check for check in every if isinstance(check, CheckConstraint)}


def test_the_migrations_create_every_check_of_the_models(app, session):
    """Alembic does not compare checks."""
    made = {check["name"] for table in db.metadata.tables for check in inspect(db.engine).get_check_constraints(table)}
    assert made == set(checks())


def test_no_check_is_on_a_column_where_migrations_do_not_see_it():
    assert not [column for table in db.metadata.sorted_tables for column in table.columns if column.constraints]


def test_the_embedded_database_has_every_check_literally(app, session):
    if db.engine.dialect.name == "postgresql":
        pytest.skip("PostgreSQL writes conditions its own way")
    for table in db.metadata.tables:
        for found in inspect(db.engine).get_check_constraints(table):
            assert found["sqltext"] == str(checks()[found["name"]].sqltext)


def test_every_check_refuses_invalid_values(app, session):
    fill_every_table()
    session().begin_writing()
    assert not [name for name, count in counts(session).items() if not count]
    assert set(REFUSED) == set(checks())
    for name, values in REFUSED.items():
        with pytest.raises(IntegrityError, match=name):
            change_one_row(session, checks()[name].table, values)


def change_one_row(session, table, values):
    """Give a row those values or, where rows only are added, add such a copy of one."""
    key = table.primary_key.columns[0]
    one = select(key).order_by(key).limit(1).scalar_subquery()
    with session.begin_nested():
        if table.name in TABLES:  # whose rows are only added
            names = [column.name for column in table.columns if column is not key]
            row = select(*(literal(values[name]) if name in values else table.c[name] for name in names)).limit(1)
            session.execute(insert(table).from_select(names, row.select_from(table)))
        session.execute(update(table).where(key == one).values(values))
