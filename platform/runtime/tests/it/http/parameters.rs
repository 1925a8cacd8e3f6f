use crate::http::world::{edge, get_, routes};

#[tokio::test]
async fn parameters_are_read_strictly() {
    let router = edge().around(routes());
    let table = [
        ("/bookings?limit=5", "5 "),
        ("/bookings?court=A+1%2fb&limit=5", "5 A 1/b"),
        ("/bookings?&limit=5&", "5 "),
        ("/bookings?limit=5&sort=down", "5 "),
        ("/bookings?limit=5&court=", "5 "),
        ("/bookings?lim%69t=5", "5 "),
        ("/bookings/7", "7"),
        ("/courts/A%201/days/3", "A 1 3"),
    ];
    for (path, body) in table {
        let answer = get_(&router, path).await;
        assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, body), "{path}");
    }
}

#[tokio::test]
async fn a_wrong_parameter_is_named() {
    let router = edge().around(routes());
    let table = [
        ("/bookings", "limit", "missing-parameter"),
        ("/bookings?limit=many", "limit", "malformed"),
        ("/bookings?limit=-1", "limit", "malformed"),
        ("/bookings?limit", "limit", "malformed"),
        ("/bookings?limit=5&limit=5", "limit", "repeated-parameter"),
        ("/bookings?limit=5&Limit=5", "Limit", "unknown-parameter"),
        ("/bookings?limit=5&role=admin", "role", "unknown-parameter"),
        ("/bookings?limit=5&sort=sideways", "sort", "unknown-value"),
        ("/bookings?limit=5&sort=", "sort", "unknown-value"),
        ("/bookings?limit=5&court=%", "court", "malformed"),
        ("/bookings?limit=5&court=%4", "court", "malformed"),
        ("/bookings?limit=5&court=%zz", "court", "malformed"),
        ("/bookings?limit=5&court=%ff", "court", "malformed"),
        ("/bookings?limit=5&court=a%00b", "court", "malformed"),
        ("/bookings?limit=5&%ff=1", "%ff", "malformed"),
        ("/bookings/seven", "id", "malformed"),
        ("/bookings/4294967296", "id", "malformed"),
        ("/bookings/%00", "id", "malformed"),
        ("/courts/A/days/300", "day", "malformed"),
    ];
    for (path, parameter, code) in table {
        let answer = get_(&router, path).await;
        assert_eq!(answer.problem(), "malformed-request", "{path}");
        let error = &answer.json()["errors"][0];
        let said = (error["parameter"].as_str(), error["code"].as_str());
        assert_eq!(said, (Some(parameter), Some(code)), "{path}: {}", answer.body);
    }
    let both = get_(&router, "/bookings?limit=5&a=1&b=2").await.json()["errors"].clone();
    assert_eq!(both.as_array().unwrap().len(), 2, "{both}");
}
