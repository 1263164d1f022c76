//go:build !nos3

package jobs

import _ "gocloud.dev/blob/s3blob" // s3://BUCKET
