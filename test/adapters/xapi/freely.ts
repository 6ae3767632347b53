/** The last question of an effect where a test is about something else. */
export const freely = (): string | undefined => undefined;
