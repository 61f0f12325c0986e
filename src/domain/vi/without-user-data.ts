/** User data is a secret: it is in no answer, record, log or view. */
export const withoutUserData = <V extends { userData?: string }>({
  userData: _secret,
  ...vm
}: V): Omit<V, 'userData'> => vm;
