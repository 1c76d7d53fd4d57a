// The frame's texts, in the three languages of Sergio.

const en = {
  card: "Card", us_bank_account: "US bank account",
  number: "Card number", expiry: "Expiration date", cvc: "Security code", postal: "ZIP code",
  holder: "Full name", routing: "Routing number", account: "Account number",
  expiry_hint: "MM / YY", cvc_hint: "CVC", new_method: "Use another payment method",
  save: "Save payment details for next time",
  card_terms: "By paying, you allow the company to charge your card in accordance with its terms.",
  bank_terms: "By paying, you authorize a debit from your bank account. It takes about four business days.",
  number_incomplete: "Your card number is incomplete.", number_invalid: "Your card number is invalid.",
  expiry_incomplete: "Your card's expiration date is incomplete.", expiry_invalid: "Your card's expiration date is invalid.",
  expiry_past: "Your card's expiration date is in the past.", expiry_past_year: "Your card's expiration year is in the past.",
  cvc_incomplete: "Your card's security code is incomplete.", routing_incomplete: "A routing number has nine digits.",
  account_incomplete: "Your account number is incomplete.", holder_missing: "Enter the name on the account.",
};
const es = {
  card: "Tarjeta", us_bank_account: "Cuenta bancaria de EE. UU.",
  number: "Número de tarjeta", expiry: "Fecha de caducidad", cvc: "Código de seguridad", postal: "Código postal",
  holder: "Nombre completo", routing: "Número de ruta", account: "Número de cuenta",
  expiry_hint: "MM / AA", cvc_hint: "CVC", new_method: "Usar otra forma de pago",
  save: "Guardar los datos de pago para la próxima vez",
  card_terms: "Al pagar, permites que la empresa cobre en tu tarjeta según sus condiciones.",
  bank_terms: "Al pagar, autorizas un cargo en tu cuenta bancaria. Tarda unos cuatro días hábiles.",
  number_incomplete: "El número de tarjeta está incompleto.", number_invalid: "El número de tarjeta no es válido.",
  expiry_incomplete: "La fecha de caducidad está incompleta.", expiry_invalid: "La fecha de caducidad no es válida.",
  expiry_past: "La tarjeta ha caducado.", expiry_past_year: "La tarjeta ha caducado.",
  cvc_incomplete: "El código de seguridad está incompleto.", routing_incomplete: "El número de ruta tiene nueve cifras.",
  account_incomplete: "El número de cuenta está incompleto.", holder_missing: "Escribe el nombre del titular.",
};
const fr = {
  card: "Carte", us_bank_account: "Compte bancaire américain",
  number: "Numéro de carte", expiry: "Date d’expiration", cvc: "Code de sécurité", postal: "Code postal",
  holder: "Nom complet", routing: "Numéro de routage", account: "Numéro de compte",
  expiry_hint: "MM / AA", cvc_hint: "CVC", new_method: "Utiliser un autre moyen de paiement",
  save: "Enregistrer ces informations pour la prochaine fois",
  card_terms: "En payant, vous autorisez l’entreprise à débiter votre carte selon ses conditions.",
  bank_terms: "En payant, vous autorisez un prélèvement sur votre compte. Comptez environ quatre jours ouvrés.",
  number_incomplete: "Le numéro de carte est incomplet.", number_invalid: "Le numéro de carte n’est pas valide.",
  expiry_incomplete: "La date d’expiration est incomplète.", expiry_invalid: "La date d’expiration n’est pas valide.",
  expiry_past: "La carte a expiré.", expiry_past_year: "La carte a expiré.",
  cvc_incomplete: "Le code de sécurité est incomplet.", routing_incomplete: "Le numéro de routage a neuf chiffres.",
  account_incomplete: "Le numéro de compte est incomplet.", holder_missing: "Indiquez le nom du titulaire.",
};

export function wordsFor(locale) {
  const wanted = locale && locale !== "auto" ? locale : navigator.language;
  const language = wanted.slice(0, 2);
  return { language: { es, fr }[language] ? language : "en", words: { es, fr }[language] ?? en };
}
