/** Names that SOAP 1.1 and WS-Security 1.0 give to things. */
export const soapEnvelopeNamespace = 'http://schemas.xmlsoap.org/soap/envelope/';
export const soap12EnvelopeNamespace = 'http://www.w3.org/2003/05/soap-envelope';
export const soapNextActor = 'http://schemas.xmlsoap.org/soap/actor/next';

const oasis = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';
export const securityNamespace = `${oasis}-wssecurity-secext-1.0.xsd`;
export const securityUtilityNamespace = `${oasis}-wssecurity-utility-1.0.xsd`;
export const passwordDigestType = `${oasis}-username-token-profile-1.0#PasswordDigest`;
export const passwordTextType = `${oasis}-username-token-profile-1.0#PasswordText`;
