"""Results of genome-wide associations as the site shows them: pictures of millions of variants, and the few "
"that count."""
