import {
  IconBrandApple,
  IconBrandGithub,
  IconBrandGoogle,
  IconBrandWindows,
  IconFingerprint,
} from "../../ui/moreIcons";

const icons: Readonly<Record<string, typeof IconFingerprint>> = {
  apple: IconBrandApple,
  github: IconBrandGithub,
  google: IconBrandGoogle,
  microsoft: IconBrandWindows,
};

/** The sign of a provider that people know, or else a fingerprint. */
export function ProviderIcon({ providerId }: { providerId: string }) {
  const Icon = icons[providerId] ?? IconFingerprint;
  return <Icon />;
}
