/** What a request on the NSI face says of itself beside who sent it: for whom, and where its outcome is to go. */
export interface NsiCall {
  /** `urn:ogf:network:…`, from the header, held against the credential by the edge. */
  requesterNSA: string;
  /** Where callbacks go. Absent: the requester polls. */
  replyTo?: string;
}

/** Who reserved over NSI, kept with the reservation: notifications go there whoever causes them. Absent on what was reserved over rms. */
export interface NsiOrigin extends NsiCall {
  /** As the requester wrote it; told back unchanged. */
  serviceType?: string;
}
