// Local checks and spacing of card and account numbers.

export const digitsOf = (text) => text.replace(/\D/g, "");

const BRANDS = [["Amex", /^3[47]/], ["Visa", /^4/], ["Mastercard", /^(5[1-5]|2[2-7])/], ["Discover", /^6/]];
export const brandOf = (text) => BRANDS.find(([, start]) => start.test(digitsOf(text)))?.[0] ?? "";

const isAmex = (digits) => /^3[47]/.test(digits);
const lengthOf = (digits) => (isAmex(digits) ? 15 : 16);

const SPACED = {
  number(digits) {
    const parts = isAmex(digits) ? [digits.slice(0, 4), digits.slice(4, 10), digits.slice(10, 15)]
      : digits.slice(0, 16).match(/.{1,4}/g) ?? [];
    return parts.filter(Boolean).join(" ");
  },
  expiry(digits) {
    const padded = /^[2-9]/.test(digits) ? `0${digits}` : digits;
    return padded.length > 2 ? `${padded.slice(0, 2)} / ${padded.slice(2, 4)}` : padded;
  },
  cvc: (digits) => digits.slice(0, 4),
  routing: (digits) => digits.slice(0, 9),
  account: (digits) => digits.slice(0, 17),
};

// Space a field as it is typed, and keep the caret after the same digit.
export function retype(input) {
  const spaced = SPACED[input.name];
  if (!spaced) return;
  const before = digitsOf(input.value.slice(0, input.selectionStart)).length;
  const atEnd = input.selectionStart === input.value.length;
  input.value = spaced(digitsOf(/^20\d\d$/.test(input.value.slice(-4)) && input.name === "expiry"
    ? input.value.slice(0, -4) + input.value.slice(-2) : input.value));
  if (atEnd) return;
  let caret = 0;
  for (let seen = 0; seen < before && caret < input.value.length; caret++) seen += /\d/.test(input.value[caret]);
  input.setSelectionRange(caret, caret);
}

// The name of a field's error, "" if there is none.
export function problemOf(name, value, number = "") {
  const digits = digitsOf(value);
  if (name === "number") return digits.length < lengthOf(digits) ? "number_incomplete" : passesLuhn(digits) ? "" : "number_invalid";
  if (name === "expiry") return digits.length < 4 ? "expiry_incomplete" : expiryProblem(digits);
  if (name === "cvc") return digits.length < (isAmex(digitsOf(number)) ? 4 : 3) ? "cvc_incomplete" : "";
  if (name === "routing") return digits.length < 9 ? "routing_incomplete" : "";
  if (name === "account") return digits.length < 4 ? "account_incomplete" : "";
  if (name === "holder") return value.trim() ? "" : "holder_missing";
  return "";
}

function expiryProblem(digits) {
  const [month, year] = [Number(digits.slice(0, 2)), 2000 + Number(digits.slice(2))];
  const today = new Date();
  if (month < 1 || month > 12) return "expiry_invalid";
  if (year < today.getFullYear()) return "expiry_past_year";
  return year === today.getFullYear() && month <= today.getMonth() ? "expiry_past" : "";
}

function passesLuhn(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => {
    const doubled = digit * (place % 2 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}
